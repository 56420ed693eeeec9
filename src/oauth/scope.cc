// The grammar of scope, and the algebra of sets.
#include "oauth/scope.h"

#include <algorithm>
#include <iterator>

namespace deputy::oauth {

bool ScopeSet::is_token(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) {
    return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\';
  });
}

Result<ScopeSet, Error> ScopeSet::parse(std::string_view text) {
  // Before anything is made of them: who asks need not be known yet (A42).
  if (static_cast<std::size_t>(std::count(text.begin(), text.end(), ' ')) >= asked_max)
    return Fail{Error(Code::invalid_scope, "name at most 256 scopes at once")};
  if (text.size() > asked_bytes_max) return Fail{Error(Code::invalid_scope, "name at most 8 KiB of scopes at once")};
  auto set = read(text);
  if (!set) return Fail{Error(Code::invalid_scope, "the scope parameter is malformed (RFC 6749 section 3.3)")};
  const auto too_long = [](const std::string& token) { return token.size() > token_bytes_max; };
  if (std::any_of(set->tokens_.begin(), set->tokens_.end(), too_long))
    return Fail{Error(Code::invalid_scope, "no scope is longer than 100 bytes: name those that a resource defines")};
  return std::move(*set);
}

Result<ScopeSet, Fault> ScopeSet::parse_stored(std::string_view text) {
  auto set = read(text);
  if (!set) return Fail{Fault{Fault::Kind::corrupt, "scopes that were written here cannot be read"}};
  return std::move(*set);
}

std::optional<ScopeSet> ScopeSet::read(std::string_view text) {
  ScopeSet set;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto token = text.substr(0, end);
    if (!is_token(token) || end + 1 == text.size()) return std::nullopt;
    set.tokens_.emplace_back(token);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::sort(set.tokens_.begin(), set.tokens_.end());
  set.tokens_.erase(std::unique(set.tokens_.begin(), set.tokens_.end()), set.tokens_.end());
  return set;
}

void ScopeSet::add(std::string_view token) {
  CHECK(is_token(token));
  const auto at = std::lower_bound(tokens_.begin(), tokens_.end(), token);
  if (at == tokens_.end() || *at != token) tokens_.insert(at, std::string(token));
}

bool ScopeSet::contains(std::string_view token) const {
  return std::binary_search(tokens_.begin(), tokens_.end(), token);
}

bool ScopeSet::within(const ScopeSet& wider) const {
  return std::includes(wider.tokens_.begin(), wider.tokens_.end(), tokens_.begin(), tokens_.end());
}

ScopeSet ScopeSet::intersect(const ScopeSet& other) const {
  ScopeSet both;
  std::set_intersection(tokens_.begin(), tokens_.end(), other.tokens_.begin(), other.tokens_.end(),
                        std::back_inserter(both.tokens_));
  return both;
}

std::string ScopeSet::text() const {
  std::string out;
  for (const auto& token : tokens_) out.append(out.empty() ? "" : " ").append(token);
  return out;
}

}  // namespace deputy::oauth
