// ScopeSet: the value of a `scope` parameter (RFC 6749 §3.3), sorted and without repeats.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oauth/error.h"

namespace deputy::oauth {

class ScopeSet {
 public:
  ScopeSet() = default;

  // What somebody asks for: tokens of %x21 / %x23-5B / %x5D-7E, single spaces between, within these bounds. Refuses
  // (invalid_scope) what is beyond.
  static constexpr std::size_t asked_max = 256;  // all that a resource may define, and more
  static constexpr std::size_t asked_bytes_max = 8 * 1024;
  static constexpr std::size_t token_bytes_max = 100;  // as long as a resource may define one
  static Result<ScopeSet, Error> parse(std::string_view text);
  // What text() wrote, however many there are: of a record or of a token of ours.
  static Result<ScopeSet, Fault> parse_stored(std::string_view text);
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
  static std::optional<ScopeSet> read(std::string_view text);

  std::vector<std::string> tokens_;
};

}  // namespace deputy::oauth
