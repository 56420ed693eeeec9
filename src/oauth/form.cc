// Parsing a form, once, strictly.
#include "oauth/form.h"

#include <algorithm>

#include "base/encoding.h"

namespace deputy::oauth {
namespace {

Fail<Error> refuse(const char* why) { return Fail{Error(Code::invalid_request, why)}; }

// Does not end with the first: many at a time is faster.
bool has_control(std::string_view text) {
  unsigned char any = 0;
  for (const char c : text) any |= static_cast<unsigned char>((static_cast<unsigned char>(c) < 0x20) | (c == 0x7f));
  return any != 0;
}

}  // namespace

Result<Form, Error> Form::parse(std::string_view text, std::span<const std::string_view> repeatable,
                                std::size_t parameters_max) {
  Form form;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = form_decode(pair.substr(0, equals));
    auto value = form_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return refuse("the form is malformed: a % must be followed by two hexadecimal digits");
    if (!is_utf8(*name) || !is_utf8(*value)) return refuse("the form is not valid UTF-8");
    if (has_control(*name) || has_control(*value)) return refuse("the form holds a control character");
    // RFC 6749 §3.2: "Request and response parameters MUST NOT be included more than once."
    const bool may_repeat = std::find(repeatable.begin(), repeatable.end(), *name) != repeatable.end();
    const auto same = [&](const auto& parameter) { return parameter.first == *name; };
    if (!may_repeat && std::any_of(form.parameters_.begin(), form.parameters_.end(), same))
      return refuse("a parameter is repeated: send each parameter once");
    if (form.parameters_.size() == parameters_max) return refuse("the form has too many parameters");
    form.parameters_.emplace_back(std::move(*name), std::move(*value));
  }
  return form;
}

Form Form::of(Parameters parameters) {
  Form form;
  form.parameters_ = std::move(parameters);
  return form;
}

std::optional<std::string_view> Form::get(std::string_view name) const {
  for (const auto& [key, value] : parameters_)
    if (key == name && !value.empty()) return value;
  return std::nullopt;
}

std::vector<std::string_view> Form::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : parameters_)
    if (key == name && !value.empty()) values.push_back(value);
  return values;
}

}  // namespace deputy::oauth
