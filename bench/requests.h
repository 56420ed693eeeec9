// The bytes of the requests that are measured.
#pragma once

#include <string>
#include <string_view>

#include "bench/data_set.h"
#include "bench/load.h"

namespace deputy::bench {

std::string get(std::string_view path);
// With an access token.
std::string get_as(std::string_view token, std::string_view path);
// With the client's secret in an Authorization header (client_secret_basic), and other header lines, each with its end.
std::string post_form(std::string_view path, const Client& client, std::string_view form,
                      std::string_view more_headers = {});
std::string post_form(std::string_view path, std::string_view form);

// client_credentials for one resource, of every agent, by its secret.
Pool token_requests(const DataSet& set, std::string_view resource);
// The same by an assertion, each made for one use, `count` of them: of each agent once, then of any. Signing them takes
// its time, which is none of the server's; they are good for five minutes.
Pool assertion_requests(const DataSet& set, std::string_view resource, std::size_t count);
Pool introspection_requests(const DataSet& set, const std::vector<std::string>& tokens, std::string_view accept = {});

// An administrator's access token for /v1. Faults: as `ask`.
Result<std::string, Fault> admin_token(std::uint16_t port, const Client& admin);
// The access token in a token endpoint's answer.
std::string access_token_in(std::string_view body);

}  // namespace deputy::bench
