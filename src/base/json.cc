// A strict reading of JSON: Boost.JSON's parser, under a handler that also refuses duplicate members.
#include "base/json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <cmath>
#include <set>
#include <vector>

#include "base/encoding.h"

namespace deputy {
namespace {

// Boost.JSON keeps the last of two members with one name; a signature checked by one reader and a claim read by
// another must not see different members (RFC 8725 §3.12 in spirit), so both are refused.
struct NoDuplicates {
  static constexpr std::size_t max_object_size = 10'000;
  static constexpr std::size_t max_array_size = 100'000;
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = std::size_t(1) << 30;
  using error_code = boost::system::error_code;

  std::vector<std::set<std::string, std::less<>>> open;
  std::string key;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_object_begin(error_code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    open.pop_back();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, error_code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, error_code& error) {
    key.append(part.data(), part.size());
    const bool fresh = open.back().insert(std::move(key)).second;
    key.clear();
    if (!fresh) error = json::error::syntax;
    return fresh;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
  bool on_double(double number, json::string_view, error_code& error) {
    if (std::isfinite(number)) return true;
    error = json::error::exponent_overflow;
    return false;
  }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }
};

}  // namespace

Result<json::value, Fault> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes_max) return Fail{Fault{Fault::Kind::invalid, "the JSON is too large"}};
  if (!is_utf8(text)) return Fail{Fault{Fault::Kind::invalid, "the JSON is not valid UTF-8"}};
  json::parse_options options;
  options.max_depth = limits.depth_max;
  boost::system::error_code error;
  json::basic_parser<NoDuplicates> check(options);
  const auto used = check.write_some(false, text.data(), text.size(), error);
  if (error || used != text.size())
    return Fail{Fault{Fault::Kind::invalid, "the JSON is malformed, too deep, or repeats a member"}};
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return Fail{Fault{Fault::Kind::invalid, "the JSON is malformed"}};
  return value;
}

Result<json::object, Fault> parse_json_object(std::string_view text, JsonLimits limits) {
  TRY(auto value, parse_json(text, limits));
  if (!value.is_object()) return Fail{Fault{Fault::Kind::invalid, "the JSON is not an object"}};
  return std::move(value.as_object());
}

std::optional<std::string_view> json_text(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return std::string_view(member->get_string().data(), member->get_string().size());
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
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; };
  out.push_back('"');
  while (!text.empty()) {
    std::size_t run = 0;
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
