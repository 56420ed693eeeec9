// JsonText: an object written straight into text, where building a tree of values first would cost more than the rest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace deputy {

// Members stand in the order in which they are given; what is empty is left out. Names are ours and need no escaping.
class JsonText {
 public:
  explicit JsonText(std::size_t octets_expected = 256);

  JsonText& text(std::string_view name, std::string_view value);
  JsonText& texts(std::string_view name, const std::vector<std::string>& values);
  JsonText& number(std::string_view name, std::int64_t value);
  JsonText& flag(std::string_view name, bool value);
  JsonText& json(std::string_view name, std::string_view value);  // a value that is JSON already
  JsonText& members(std::string_view more);  // members that are JSON already, a comma before each; not the first ones

  std::string close();  // the object, whole; nothing may be added after

 private:
  void name(std::string_view name);
  std::string out_ = "{";
};

}  // namespace deputy
