// Problem documents, OAuth errors and network faults, made into one sentence each.
#include "client/refusal.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"
#include "base/visible.h"
#include "http/ca_file.h"

namespace deputy::client {
namespace {

// Of a bare status, where the body says nothing: what it means here and what to do.
std::string_view meaning(int status) {
  switch (status) {
    case 400: return "the server did not understand the request";
    case 401: return "the server does not accept these credentials; run `deputy login` again";
    case 403: return "your credentials do not allow this; ask for a role that does";
    case 404: return "there is no such record, or it is out of your reach";
    case 409: return "the record changed, or something still refers to it; look again and retry";
    case 412: return "the record changed since it was read; read it again";
    case 413: return "the request is too large";
    case 422: return "the server refused the values sent";
    case 429: return "too many requests; wait a little";
    case 503: return "the server is busy or not ready; try again";
    default: return status >= 500 ? "the server failed" : "the server refused";
  }
}

}  // namespace

std::string printable(std::string_view text) {
  if (!is_utf8(text)) return fmt::format("({} bytes that are not text)", text.size());
  std::string out;
  while (!text.empty()) {
    const auto before = text;
    const auto point = static_cast<std::uint32_t>(take_code_point(text));
    if (!is_hidden(point) && !is_steering(point))
      out += before.substr(0, before.size() - text.size());
    else if (point < 0x100)
      out += fmt::format("\\x{:02x}", point);
    else
      out += point < 0x10000 ? fmt::format("\\u{:04x}", point) : fmt::format("\\U{:08x}", point);
  }
  return out;
}

Refusal refusal_of(const http::Reply& reply) {
  Refusal refusal{.status = reply.status, .code = {}, .sentence = {}, .field = {}, .correlation_id = {}};
  const auto body = parse_json_object(reply.body, {.depth_max = 16, .bytes_max = 1024 * 1024});
  std::string detail;
  if (body) {
    const std::string type = text_of(*body, "type");
    refusal.code = printable(type.substr(type.rfind('#') + 1));
    refusal.field = printable(text_of(*body, "field"));
    refusal.correlation_id = printable(text_of(*body, "correlation_id"));
    detail = text_of(*body, "detail");
    if (detail.empty()) detail = text_of(*body, "title");
    if (const std::string error = text_of(*body, "error"); !error.empty()) {
      refusal.code = printable(error);
      detail = text_of(*body, "error_description");
      if (detail.empty()) detail = error;
    }
  }
  if (refusal.correlation_id.empty())  // OAuth's errors have no member for it
    refusal.correlation_id = printable(reply.header("X-Correlation-Id").value_or(""));
  refusal.detail = printable(detail);
  refusal.sentence = detail.empty() ? std::string(meaning(reply.status)) : refusal.detail;
  if (!refusal.field.empty() && refusal.sentence.find(refusal.field) == std::string::npos)
    refusal.sentence = fmt::format("{}: {}", refusal.field, refusal.sentence);
  std::string origin = fmt::format("HTTP {}", reply.status);
  if (!refusal.code.empty()) origin += ", " + refusal.code;
  if (!refusal.correlation_id.empty()) origin += ", " + refusal.correlation_id;
  refusal.sentence += fmt::format(" ({})", origin);
  return refusal;
}

Refusal refusal_of(const Fault& fault, std::string_view url) {
  return {.status = 0,
          .code = fault.kind == Fault::Kind::invalid ? "invalid" : "unreachable",
          .sentence = fmt::format("{} cannot be reached: {}", printable(url), printable(fault.detail)),
          .field = {},
          .correlation_id = {},
          .detail = printable(fault.detail)};
}

bool passes_by_itself(const Refusal& refusal) {
  switch (refusal.status) {
    case 0: return refusal.code == "unreachable" && !refusal.detail.starts_with(http::untrusted);
    case 429:
    case 502:
    case 503:
    case 504: return true;
    default: return false;
  }
}

}  // namespace deputy::client
