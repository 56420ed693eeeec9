// Property: a schema that is taken is small and closed, and what it accepts is an object of its own members.
#include <cstdint>

#include "base/encoding.h"
#include "base/json.h"
#include "directory/json_schema.h"

using namespace deputy;

// {"schema": …, "value": …}
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = parse_json_object(as_text({data, size}));
  if (!input) return 0;
  const auto* schema = json_member_object(*input, "schema");
  const auto* value = input->if_contains("value");
  if (schema == nullptr || value == nullptr) return 0;
  const auto compiled = directory::JsonSchema::compile(*schema);
  if (!compiled) {
    CHECK(!compiled.error().empty());
    return 0;
  }
  CHECK(json::serialize(*schema).size() <= 4096);
  if (!compiled->accepts(*value)) return 0;
  CHECK(value->is_object() && compiled->accepts(*value));
  const auto* properties = json_member_object(*schema, "properties");
  for (const auto& member : value->get_object())
    CHECK(properties != nullptr && properties->contains(member.key()));
  if (const auto* required = json_member_array(*schema, "required"))
    for (const auto& name : *required) CHECK(value->get_object().contains(std::string_view(name.get_string())));
  return 0;
}
