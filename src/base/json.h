// JSON from outside, parsed once under limits; and small helpers to read and write it.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "base/result.h"

namespace deputy {

namespace json = boost::json;

struct JsonLimits {
  std::size_t depth_max = 24;  // a claims set with an `act` of the longest chain has 17
  std::size_t bytes_max = 64 * 1024;
};

// Parses one JSON text. Refuses (Fault::invalid, a fixed sentence) what is too big or too deep, what has a member
// name twice in one object, invalid UTF-8, trailing bytes, and numbers beyond a double.
Result<json::value, Fault> parse_json(std::string_view text, JsonLimits limits = {});
// As above, and the text must be an object.
Result<json::object, Fault> parse_json_object(std::string_view text, JsonLimits limits = {});

// An object that we stored ourselves (a record's body, what is kept): within limits beyond all that may be written.
Result<json::object, Fault> parse_stored(std::string_view text);

// Member access that never throws: none when the member is absent or of another type.
std::optional<std::string_view> json_text(const json::object& object, std::string_view name);
std::optional<std::int64_t> json_integer(const json::object& object, std::string_view name);
std::optional<bool> json_boolean(const json::object& object, std::string_view name);
const json::object* json_member_object(const json::object& object, std::string_view name);
const json::array* json_member_array(const json::object& object, std::string_view name);

// The member's text, or an empty one; the texts of the list that the member is, others left out.
std::string text_of(const json::object& object, std::string_view name);
std::vector<std::string> texts_of(const json::object& object, std::string_view name);

// Appends text as a quoted JSON string (RFC 8259 §7).
void append_json_string(std::string& out, std::string_view text);

}  // namespace deputy
