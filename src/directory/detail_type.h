// DetailType: a type of authorization_details (RFC 9396) that a resource has registered: what an object of it may be,
// how a person is shown one, and when one is within another.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "directory/json_schema.h"
#include "directory/noun.h"

namespace deputy::directory {

// Types that mean something to this server itself: delegation/details.h. No resource registers one of these names.
inline constexpr std::array<std::string_view, 2> own_detail_types{"onward", "limits"};

struct DetailType {
  // How a narrower object is recognised, member by member.
  enum class Rule {
    equal,
    subset,   // a list: of the other's members
    at_most,  // a number: not above the other
  };
  std::string type, description;
  JsonSchema schema;
  std::map<std::string, std::string, std::less<>> display;  // by language: text in which {member} stands for its value
  std::map<std::string, Rule, std::less<>> narrowing;       // of members; the others: equal

  // What check_detail_types has accepted; none for anything else.
  static std::optional<DetailType> from(const json::object& body);

  // Is it an object of this type, by the schema?
  bool accepts(const json::object& detail) const;
  // Does `narrower` give nothing that `wider` does not? Both have the same members: one that is left out may mean more.
  bool within(const json::object& narrower, const json::object& wider) const;
};

// The problem with a resource's list of types; none when all of them can be used.
std::optional<FieldProblem> check_detail_types(const json::value& value, const std::string& path, std::int64_t max);

// An object of a type, for a person: the template's words with the values between them, and every member that the
// template does not name, so that nothing of it is out of sight.
struct Shown {
  struct Piece {
    std::string text;
    enum class Kind { words, value } kind = Kind::words;
  };
  std::vector<Piece> pieces;
  std::vector<std::pair<std::string, std::string>> rest;  // member, value
};
// In the language of the tag ("zh-Hans"), or its primary one, or English.
Shown shown(const DetailType& type, const json::object& detail, std::string_view language);

}  // namespace deputy::directory
