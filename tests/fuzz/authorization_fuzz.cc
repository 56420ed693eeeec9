// Property: an Authorization header is of one scheme at most, whatever the case of its name; a token that is taken from
// it stands in it whole; and credentials are read as they were written (RFC 6749 §2.3.1).
#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "base/result.h"
#include "oauth/basic.h"

using namespace deputy;

namespace {

void check_written(std::string_view client_id, std::string_view secret) {
  if (client_id.empty()) return;
  const auto header = oauth::basic(client_id, secret);
  CHECK(!oauth::parse_bearer(header) && !oauth::parse_dpop(header));
  const auto read = oauth::parse_basic(header);
  CHECK(read);
  CHECK(read->client_id == client_id && read->secret.reveal() == secret);
}

using Reader = std::optional<std::string_view> (*)(std::string_view);

void check_token(std::string_view input, std::string_view scheme, Reader read) {
  const auto token = read(input);
  if (!token) return;
  CHECK(oauth::names_scheme(input, scheme));
  CHECK(!token->empty() && input.ends_with(*token) && input.size() > token->size() + scheme.size());
  CHECK(std::all_of(token->begin(), token->end(), [](char c) { return c > ' ' && c < 0x7f && c != ',' && c != '"'; }));
  CHECK(read(std::string(scheme).append(" ").append(*token)) == *token);
}

// RFC 9110 §11.1: the name of a scheme is the same in any case.
std::string in_the_other_case(std::string_view input) {
  std::string out(input);
  for (auto& c : out) {
    if (c == ' ') break;
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) c = static_cast<char>(c ^ 0x20);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = as_text({data, size});
  check_token(input, "Bearer", oauth::parse_bearer);
  check_token(input, "DPoP", oauth::parse_dpop);
  const auto credentials = oauth::parse_basic(input);
  if (credentials) {
    CHECK(oauth::names_scheme(input, "Basic"));
    CHECK(!credentials->client_id.empty());
    CHECK(credentials->client_id.size() + credentials->secret.reveal().size() < size);
    check_written(credentials->client_id, credentials->secret.reveal());
  }
  const auto other = in_the_other_case(input);
  CHECK(oauth::parse_bearer(other) == oauth::parse_bearer(input));
  CHECK(oauth::parse_dpop(other) == oauth::parse_dpop(input));
  const auto again = oauth::parse_basic(other);
  CHECK(again.has_value() == credentials.has_value());
  if (again) CHECK(again->client_id == credentials->client_id);
  CHECK(credentials.has_value() + oauth::parse_bearer(input).has_value() + oauth::parse_dpop(input).has_value() <= 1);
  check_written(input.substr(0, size / 2), input.substr(size / 2));
  return 0;
}
