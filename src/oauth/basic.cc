// Reading and writing Authorization headers.
#include "oauth/basic.h"

#include <algorithm>

#include "base/encoding.h"

namespace deputy::oauth {
namespace {

// The rest of "Scheme rest".
std::optional<std::string_view> after_scheme(std::string_view value, std::string_view scheme) {
  if (!names_scheme(value, scheme) || value.size() == scheme.size()) return std::nullopt;
  value.remove_prefix(scheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

// token68 (RFC 9110 §11.2).
std::optional<std::string_view> token_after(std::string_view authorization, std::string_view scheme) {
  const auto token = after_scheme(authorization, scheme);
  if (!token || token->empty()) return std::nullopt;
  const auto legal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
           c == '_' || c == '~' || c == '+' || c == '/' || c == '=';
  };
  return std::all_of(token->begin(), token->end(), legal) ? token : std::nullopt;
}

}  // namespace

bool names_scheme(std::string_view authorization, std::string_view scheme) {
  const auto name = authorization.substr(0, authorization.find(' '));
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  return std::equal(name.begin(), name.end(), scheme.begin(), scheme.end(), same);
}

std::optional<BasicCredentials> parse_basic(std::string_view authorization) {
  const auto encoded = after_scheme(authorization, "Basic");
  if (!encoded) return std::nullopt;
  const auto plain = base64_decode(*encoded);
  if (!plain) return std::nullopt;
  const auto colon = plain->find(':');
  if (colon == std::string::npos) return std::nullopt;
  auto id = form_decode(std::string_view(*plain).substr(0, colon));
  auto secret = form_decode(std::string_view(*plain).substr(colon + 1));
  if (!id || !secret || id->empty()) return std::nullopt;
  return BasicCredentials{std::move(*id), Secret(*secret)};
}

std::string basic(std::string_view client_id, std::string_view secret) {
  return "Basic " + base64(percent_encode(client_id) + ":" + percent_encode(secret));
}

std::optional<std::string_view> parse_bearer(std::string_view authorization) {
  return token_after(authorization, "Bearer");
}

std::optional<std::string_view> parse_dpop(std::string_view authorization) {
  return token_after(authorization, "DPoP");
}

}  // namespace deputy::oauth
