// Family: a user, who signs in elsewhere; an orchestrator that acts for the user; two workers; a stranger; two APIs.
#pragma once

#include "crypto/key.h"
#include "jose/jwk.h"
#include "tests/kit/world.h"

namespace deputy::test {

class Family {
 public:
  Family();

  // A token of the upstream issuer for the user: how a chain begins.
  std::string upstream(json::object more = {}) const;
  // The orchestrator's token for the user at the invoices, with these scopes (all, where empty).
  std::string orchestrated(std::string_view scope = "");
  // The delegations of a token, root first.
  static std::vector<std::string> path_of(std::string_view token);
  // "agt_a>agt_b": the actors of a token, outermost first.
  static std::string chain_of(std::string_view token);
  // Active, as its resource is told.
  bool active(std::string_view token);
  // Why the last refused exchange was, as the audit has it.
  std::string last_reason();
  // By the sender of a delegation, to the worker named.
  std::string handed_on(const Given& from, std::string_view token, const Given& to,
                        std::vector<std::pair<std::string, std::string>> more = {});

  static constexpr auto issuer = "https://login.example";
  static constexpr auto invoices = "https://api.example/invoices";
  static constexpr auto payments = "https://api.example/payments";

  World world;
  crypto::PrivateKey key;
  std::string user, user_name = "alice", trusted;   // ids; and the username
  std::string invoices_id, payments_id, role;       // role: everything at both
  std::string users_assignment;
  Given orchestrator, worker, other, stranger, invoices_api, payments_api;
};

}  // namespace deputy::test
