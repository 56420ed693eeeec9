// Property: a filter that is accepted keeps its limits, prints as text that is read again as the same filter, and an
// index it names holds every document it matches.
#include <cstdint>

#include "base/encoding.h"
#include "directory/filter.h"

using namespace deputy;
using directory::Filter;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto document = *parse_json_object(
      R"({"name":"x","owner":"usr_1","seats":3,"list":["a",1,{"b":true}],"attributes":{"team":"x","a.b":"y"}})");
  const auto once = Filter::parse(as_text({data, size}));
  if (!once) {
    CHECK(once.error().field == "filter" && !once.error().sentence.empty());
    return 0;
  }
  const auto text = once->text();
  CHECK(size <= Filter::bytes_max && text.size() <= Filter::bytes_max);
  const auto twice = Filter::parse(text);
  CHECK(twice);
  CHECK(*twice == *once);
  CHECK(twice->text() == text);
  CHECK(twice->matches(document) == once->matches(document));
  CHECK(!once->fields().empty());
  if (const auto entry = once->equality_on(directory::noun(directory::Kind::agent).fields)) {
    auto other = document;
    other[entry->name] = entry->value + "-";
    CHECK(!once->matches(other));
  }
  return 0;
}
