// Comparing two documents member by member, one level deeper in `attributes`.
#include "endpoints/admin/frame/differences.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "endpoints/admin/frame/change.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::string_view attributes = "attributes";

json::object* attributes_of(json::object& document) {
  auto* value = document.if_contains(attributes);
  return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
}

void drop_what_is_alike(json::object& before, json::object& after) {
  std::vector<std::string> alike;
  for (const auto& [name, value] : before) {
    const auto* other = after.if_contains(name);
    if (other != nullptr && *other == value) alike.emplace_back(name);
  }
  for (const auto& name : alike) {
    before.erase(name);
    after.erase(name);
  }
}

void drop_secrets(json::object& document) {
  std::vector<std::string> secret;
  for (const auto& [name, value] : document)
    if (is_secret_member(name)) secret.emplace_back(name);
  for (const auto& name : secret) document.erase(name);
}

// A member, or one of the attributes.
using Place = std::pair<std::string, std::string>;

void add_sizes(json::object& document, std::map<Place, std::size_t>& sizes) {
  for (const auto& [name, value] : document) {
    if (name == attributes && value.is_object()) continue;
    sizes[{name, ""}] += name.size() + json::serialize(value).size();
  }
  const auto* inner = attributes_of(document);
  if (inner == nullptr) return;
  for (const auto& [name, value] : *inner)
    sizes[{std::string(attributes), name}] += name.size() + json::serialize(value).size();
}

void drop(json::object& document, const Place& place) {
  auto* inner = attributes_of(document);
  if (place.second.empty()) document.erase(place.first);
  else if (inner != nullptr) inner->erase(place.second);
}

// The largest go first, so that nothing small is hidden behind them.
json::array keep_to_the_bound(json::object& before, json::object& after) {
  std::map<Place, std::size_t> sizes;
  for (auto* document : {&before, &after}) add_sizes(*document, sizes);
  std::vector<std::pair<std::size_t, Place>> largest;
  std::size_t all = 0;
  for (const auto& [place, size] : sizes) {
    largest.emplace_back(size, place);
    all += size;
  }
  std::sort(largest.rbegin(), largest.rend());
  json::array left_out;
  for (const auto& [size, place] : largest) {
    if (all <= changes_bytes_max) break;
    all -= size;
    for (auto* document : {&before, &after}) drop(*document, place);
    left_out.emplace_back(place.first + (place.second.empty() ? "" : "/" + place.second));
  }
  return left_out;
}

}  // namespace

std::string differences(json::object before, json::object after) {
  for (auto* document : {&before, &after}) drop_secrets(*document);
  drop_what_is_alike(before, after);
  auto *were = attributes_of(before), *are = attributes_of(after);
  if (were != nullptr && are != nullptr) drop_what_is_alike(*were, *are);
  auto left_out = keep_to_the_bound(before, after);
  json::object changes;
  if (!before.empty()) changes["before"] = std::move(before);
  if (!after.empty()) changes["after"] = std::move(after);
  if (!left_out.empty()) changes["left_out"] = std::move(left_out);
  return json::serialize(changes);
}

}  // namespace deputy::endpoints::admin
