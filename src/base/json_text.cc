// Appending to one string.
#include "base/json_text.h"

#include "base/json.h"

namespace deputy {

JsonText::JsonText(std::size_t octets_expected) { out_.reserve(octets_expected); }

void JsonText::name(std::string_view name) {
  if (out_.size() > 1) out_.push_back(',');
  out_.push_back('"');
  out_.append(name).append("\":");
}

JsonText& JsonText::text(std::string_view name_, std::string_view value) {
  if (value.empty()) return *this;
  name(name_);
  append_json_string(out_, value);
  return *this;
}

JsonText& JsonText::texts(std::string_view name_, const std::vector<std::string>& values) {
  if (values.empty()) return *this;
  name(name_);
  for (const auto& value : values) {
    out_.push_back(&value == values.data() ? '[' : ',');
    append_json_string(out_, value);
  }
  out_.push_back(']');
  return *this;
}

JsonText& JsonText::number(std::string_view name_, std::int64_t value) {
  name(name_);
  out_.append(std::to_string(value));
  return *this;
}

JsonText& JsonText::flag(std::string_view name_, bool value) {
  name(name_);
  out_.append(value ? "true" : "false");
  return *this;
}

JsonText& JsonText::json(std::string_view name_, std::string_view value) {
  if (value.empty()) return *this;
  name(name_);
  out_.append(value);
  return *this;
}

JsonText& JsonText::members(std::string_view more) {
  out_.append(more);
  return *this;
}

std::string JsonText::close() {
  out_.push_back('}');
  return std::move(out_);
}

}  // namespace deputy
