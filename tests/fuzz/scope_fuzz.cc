// Property: a scope that is accepted is a sorted set of tokens of the grammar (RFC 6749 §3.3), written and read alike;
// set operations never widen.
#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "oauth/scope.h"

using deputy::as_text;
using deputy::oauth::ScopeSet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto once = ScopeSet::parse(text);
  if (!once) return 0;
  const auto& tokens = once->tokens();
  CHECK(tokens.size() <= ScopeSet::asked_max && size <= ScopeSet::asked_bytes_max);
  CHECK(std::is_sorted(tokens.begin(), tokens.end()));
  CHECK(std::adjacent_find(tokens.begin(), tokens.end()) == tokens.end());
  for (const auto& token : tokens)
    CHECK(ScopeSet::is_token(token) && token.size() <= ScopeSet::token_bytes_max && once->contains(token) &&
          text.find(token) != std::string_view::npos);
  const auto twice = ScopeSet::parse(once->text());
  CHECK(twice);
  CHECK(*twice == *once && once->text().size() <= size);
  const auto stored = ScopeSet::parse_stored(once->text());
  CHECK(stored);
  CHECK(*stored == *once);

  const auto half = ScopeSet::parse(text.substr(0, text.rfind(' ') == std::string_view::npos ? size : text.rfind(' ')));
  CHECK(half);
  CHECK(half->within(*once) && once->intersect(*half) == *half && half->intersect(*once) == *half);
  return 0;
}
