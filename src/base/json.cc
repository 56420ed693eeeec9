// A strict reading of JSON: Boost.JSON's parser, and a count that tells of duplicate members.
#include "base/json.h"

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>

#include "base/encoding.h"

namespace deputy {
namespace {

// Builds the value as it is read, and counts the members that were read.
struct Building {
  static constexpr std::size_t max_object_size = 10'000;
  static constexpr std::size_t max_array_size = std::size_t(1) << 30;  // JsonLimits::bytes_max bounds it
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = std::size_t(1) << 30;
  using error_code = boost::system::error_code;

  std::array<unsigned char, 1024> room;  // for what is not in its place yet; beyond, the heap
  json::value_stack values{json::storage_ptr(), room.data(), room.size()};
  std::size_t members = 0;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t count, error_code&) {
    values.push_array(count);
    return true;
  }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t count, error_code&) {
    values.push_object(count);
    members += count;
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, error_code&) {
    values.push_chars(part);
    return true;
  }
  bool on_string(json::string_view last, std::size_t, error_code&) {
    values.push_string(last);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    values.push_chars(part);
    return true;
  }
  bool on_key(json::string_view last, std::size_t, error_code&) {
    values.push_key(last);
    return true;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, error_code&) {
    values.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
    values.push_uint64(number);
    return true;
  }
  // Boost.JSON's own is off by a bit where there are many digits: a number would not be what was written of it.
  bool on_double(double number, json::string_view text, error_code& error) {
    if (!std::isfinite(number)) error = json::error::exponent_overflow;
    double exact = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), exact).ec == std::errc()) number = exact;
    values.push_double(number);
    return !error;
  }
  bool on_bool(bool truth, error_code&) {
    values.push_bool(truth);
    return true;
  }
  bool on_null(error_code&) {
    values.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }
};

// No deeper than the parser let it become.
std::size_t members_in(const json::value& value) {
  std::size_t count = 0;
  if (const auto* object = value.if_object()) {
    count = object->size();
    for (const auto& member : *object)
      if (member.value().is_structured()) count += members_in(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array)
      if (element.is_structured()) count += members_in(element);
  }
  return count;
}

Fail<Fault> malformed() {
  return Fail{Fault{Fault::Kind::invalid, "the JSON is malformed, too deep, or repeats a member"}};
}

}  // namespace

Result<json::value, Fault> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes_max) return Fail{Fault{Fault::Kind::invalid, "the JSON is too large"}};
  if (!is_utf8(text)) return Fail{Fault{Fault::Kind::invalid, "the JSON is not valid UTF-8"}};
  json::parse_options options;
  options.max_depth = limits.depth_max;
  boost::system::error_code error;
  json::basic_parser<Building> parser(options);
  auto& building = parser.handler();
  building.values.reset();
  const auto used = parser.write_some(false, text.data(), text.size(), error);
  if (error || used != text.size()) return malformed();
  auto value = building.values.release();
  // Boost.JSON keeps the last of two members with one name; a signature checked by one reader and a claim read by
  // another must not see different members (RFC 8725 §3.12 in spirit). Where one was dropped, fewer are left.
  if (members_in(value) != building.members) return malformed();
  return value;
}

Result<json::object, Fault> parse_json_object(std::string_view text, JsonLimits limits) {
  TRY(auto value, parse_json(text, limits));
  if (!value.is_object()) return Fail{Fault{Fault::Kind::invalid, "the JSON is not an object"}};
  return std::move(value.as_object());
}

Result<json::object, Fault> parse_stored(std::string_view text) {
  return parse_json_object(text, {.bytes_max = 4u << 20});
}

std::optional<std::string_view> json_text(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return std::string_view(member->get_string().data(), member->get_string().size());
}

std::string text_of(const json::object& object, std::string_view name) {
  return std::string(json_text(object, name).value_or(""));
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  if (const auto* list = json_member_array(object, name))
    for (const auto& one : *list)
      if (one.is_string()) texts.emplace_back(one.get_string());
  return texts;
}

std::optional<std::int64_t> json_integer(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  if (member == nullptr || !member->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto number = member->to_number<std::int64_t>(error);
  if (error) return std::nullopt;
  return number;
}

std::optional<bool> json_boolean(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

const json::object* json_member_object(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  return member == nullptr ? nullptr : member->if_object();
}

const json::array* json_member_array(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  return member == nullptr ? nullptr : member->if_array();
}

// What needs no escape, which is nearly all, is appended in runs.
void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  // Sixteen characters at a time, without a branch between them.
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; };
  constexpr std::size_t stride = 16;
  const auto all_plain = [&](const char* at) {
    unsigned special = 0;
    for (std::size_t i = 0; i < stride; ++i) special |= static_cast<unsigned>(!is_plain(at[i]));
    return special == 0;
  };
  out.push_back('"');
  while (!text.empty()) {
    std::size_t run = 0;
    while (text.size() - run >= stride && all_plain(text.data() + run)) run += stride;
    while (run < text.size() && is_plain(text[run])) ++run;
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) break;
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else {
      out.append("\\u00");
      out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
      out.push_back(digits[static_cast<unsigned char>(c) & 15]);
    }
  }
  out.push_back('"');
}

}  // namespace deputy
