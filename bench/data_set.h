// Data sets: stores with a given number of agents, made once by the server's own code and copied for each measurement.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "base/result.h"
#include "server/config.h"

namespace deputy::bench {

inline constexpr std::string_view origin = "http://127.0.0.1:8440";  // the issuer in every data set
// What the agents hold one role on: the same scopes, three kinds of token.
inline constexpr std::string_view es256_resource = "https://bench.example/es256";
inline constexpr std::string_view eddsa_resource = "https://bench.example/eddsa";
inline constexpr std::string_view opaque_resource = "https://bench.example/opaque";

// In the names of data sets: raised when what is seeded, or how the store lays it out, changes.
inline constexpr std::string_view data_format = "5";

struct Client {
  std::string id;
  std::string proof;  // its secret, or its private key as a JWK without spaces
};

// delegation: by a secret, and each agent may delegate to the next of them, for whom its role is a ceiling too.
// person: by a secret, and the role is its ceiling only: its owners hold it, and it acts for them.
enum class Proof { secret, key, delegation, person };
inline constexpr std::size_t delegates_each = 8;

struct DataSet {
  std::string data;     // a data directory for `deputy serve`, this measurement's own
  Client admin;         // may all of /v1; by a secret
  Client service;       // the agent that is the resources: it may introspect; by a secret
  std::vector<Client> agents;
};

// Makes it, unless `folder` holds one already: agents, each with one credential and one assignment.
Result<Done, Fault> seed(const std::string& folder, Proof proof, std::size_t agents);

// A fresh copy of the data set of so many agents, seeded if it has not been yet. The copy before it is gone.
Result<DataSet, Fault> data_set(Proof proof, std::size_t agents);

// The folder that data sets lie in, and what a server is configured with to serve one.
std::string data_sets_folder();
Result<server::Config, Fault> config_of(const std::string& data);

// How many tokens the events of a stopped server's store say were issued.
Result<std::uint64_t, Fault> tokens_in_audit(const std::string& data);

}  // namespace deputy::bench
