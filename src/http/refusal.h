// What the server itself refuses, before any handler is asked: each reason with its exact status and fixed words.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/message.h"

namespace deputy::http {

enum class Refusal : std::uint8_t {
  malformed,
  header_too_large,
  body_too_large,
  timeout,
  too_many_connections,
  coding_unsupported,
  version_unsupported,
  method_unsupported,
  expectation_failed,
  not_answered,
  plain_http,
  bodies_too_large,  // all that are being read together
  // Of these the client hears nothing.
  dropped,        // more connections than can be told that there are too many
  tls_handshake,  // it failed, or was too slow
};
constexpr std::size_t refusal_count = 14;

struct RefusalRow {
  int status;
  std::string_view reason;  // in metrics and the log
  std::string_view title;
  std::string_view detail;
};
const RefusalRow& row_of(Refusal refusal);

// A problem document (RFC 9457) of the row's words; nothing of the request is in it.
Response refusal_response(Refusal refusal);
Response problem_response(int status, std::string_view title, std::string_view detail);

}  // namespace deputy::http
