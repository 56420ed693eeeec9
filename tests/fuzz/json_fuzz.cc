// Property: what parse_json accepts is written out and read again as an equal value, within the limits it was given.
#include <cmath>
#include <cstdint>

#include "base/encoding.h"
#include "base/json.h"

using namespace deputy;

namespace {

std::size_t depth_of(const json::value& value) {
  std::size_t deepest = 0;
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) deepest = std::max(deepest, depth_of(member.value()));
    return deepest + 1;
  }
  if (const auto* array = value.if_array()) {
    for (const auto& element : *array) deepest = std::max(deepest, depth_of(element));
    return deepest + 1;
  }
  return 0;
}

// Boost.JSON 1.81 reads a decimal fraction to within a few units in the last place (its `precise` mode came later);
// everything else must be equal exactly.
bool equal(const json::value& a, const json::value& b) {
  if (a.kind() != b.kind()) return false;
  if (const auto* number = a.if_double()) {
    const double least = 4 * std::numeric_limits<double>::epsilon() * std::abs(*number);
    return std::abs(*number - b.get_double()) <= std::max(least, std::numeric_limits<double>::denorm_min() * 4);
  }
  if (const auto* object = a.if_object()) {
    const auto& other = b.get_object();
    return object->size() == other.size() && std::all_of(object->begin(), object->end(), [&](const auto& member) {
             const auto* same = other.if_contains(member.key());
             return same != nullptr && equal(member.value(), *same);
           });
  }
  if (const auto* array = a.if_array()) {
    const auto& other = b.get_array();
    return std::equal(array->begin(), array->end(), other.begin(), other.end(), equal);
  }
  return a == b;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto once = parse_json(as_text({data, size}));
  if (!once) return 0;
  const JsonLimits limits;
  CHECK(size <= limits.bytes_max && depth_of(*once) <= limits.depth_max);
  const auto text = json::serialize(*once);
  const auto twice = parse_json(text, {.depth_max = limits.depth_max, .bytes_max = text.size()});
  CHECK(twice);
  CHECK(equal(*once, *twice));
  return 0;
}
