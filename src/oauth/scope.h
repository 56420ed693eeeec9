// ScopeSet: the value of a `scope` parameter (RFC 6749 §3.3), sorted and without repeats.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oauth/error.h"

namespace deputy::oauth {

class ScopeSet {
 public:
  ScopeSet() = default;

  // Accepts what the grammar accepts: tokens of %x21 / %x23-5B / %x5D-7E, single spaces between. At most 100 tokens.
  static Result<ScopeSet, Error> parse(std::string_view text);
  static bool is_token(std::string_view token);

  void add(std::string_view token);  // a token; anything else is a bug of ours
  bool empty() const { return tokens_.empty(); }
  bool contains(std::string_view token) const;
  // Authority only ever narrows: every delegation in this server asks this question.
  bool within(const ScopeSet& wider) const;
  ScopeSet intersect(const ScopeSet& other) const;
  std::string text() const;
  const std::vector<std::string>& tokens() const { return tokens_; }
  friend bool operator==(const ScopeSet&, const ScopeSet&) = default;

 private:
  std::vector<std::string> tokens_;
};

}  // namespace deputy::oauth
