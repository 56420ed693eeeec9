// Filter: the question a list is asked, over any field of its records: RFC 7644 §3.4.2.2, the part that is useful here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "directory/agent_type.h"
#include "directory/noun.h"

namespace deputy::directory {

//   filter      = conjunction *( SP "or" SP conjunction )
//   conjunction = term *( SP "and" SP term )                      "and" binds tighter than "or"
//   term        = path SP "pr" / path SP operator SP value / [ "not" ] "(" filter ")"
//   path        = name *( "." name )                              `attributes.team`
//   operator    = "eq" / "ne" / "co" / "sw" / "gt" / "ge" / "lt" / "le"
//   value       = a JSON string, number, `true` or `false`
// Operators and fields are matched without regard to case, names of attributes and values with it. Of a list, one
// member is enough. Instants are compared by time, other strings by their bytes. A member that is absent, or of another
// type than the value, equals nothing: only `ne` and `not` hold of it.
class Filter {
 public:
  // At most 1 KiB, 16 deep, 32 comparisons (A42): whoever may list may not make a list cost more than that.
  static constexpr std::size_t bytes_max = 1024, depth_max = 16, comparisons_max = 32;
  static Result<Filter, FieldProblem> parse(std::string_view text);

  bool matches(const json::object& document) const;
  // Canonical text: parse(text()) is this filter again.
  std::string text() const;

  // The value that one of these fields must have in every record that matches, so that an index can find them all.
  std::optional<IndexEntry> equality_on(std::span<const Field> fields) const;

  // Whether each field could have the value that it is compared with: else nothing would ever match, and a list that is
  // empty for that reason would be read as an answer.
  Result<Done, FieldProblem> fits(const Noun& noun) const;
  // As above, of the attributes that these types' rules define.
  Result<Done, FieldProblem> fits(const std::vector<AttributeRule>& rules) const;

  // The texts that are compared with references, and the ids of which kinds they should be: for who has names of them.
  struct Mention {
    std::string path;
    std::span<const Kind> kinds;
    json::value* text;
  };
  std::vector<Mention> mentions(const Noun& noun);

  // The fields it asks about, each once: so that a caller refuses those that no record has, or that are secret.
  std::vector<std::string_view> fields() const;

  friend bool operator==(const Filter&, const Filter&) = default;

 private:
  enum class Operator : std::uint8_t { pr, eq, ne, co, sw, gt, ge, lt, le, and_, or_, not_ };
  // A comparison, or a connective of nodes that lie before it.
  struct Node {
    Operator op = Operator::pr;
    std::string path;                // of a comparison
    json::value value;               // of all comparisons but `pr`: a string, int64, double or bool
    std::optional<Instant> instant;  // what a string says where it is one
    std::size_t left = 0, right = 0;
    friend bool operator==(const Node&, const Node&) = default;
  };
  class Parser;

  static std::string_view word(Operator op);
  static FieldProblem never(const Node& node, std::string_view must);  // a value that the field never has
  static bool compares(const Node& node, const json::value& member);
  static bool any_member(const Node& node, const json::value& at, std::string_view rest);
  bool holds(const Node& node, const json::object& document) const;
  void print(std::string& out, std::size_t index) const;

  std::vector<Node> nodes_;  // the last one is the whole
};

}  // namespace deputy::directory
