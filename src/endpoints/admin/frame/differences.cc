// Comparing two documents member by member, one level deeper in `attributes`.
#include "endpoints/admin/frame/differences.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "crypto/hash.h"
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

const json::value* find(const json::object& document, const Place& place) {
  const auto* value = document.if_contains(place.first);
  if (value == nullptr || place.second.empty()) return value;
  return value->is_object() ? value->get_object().if_contains(place.second) : nullptr;
}

void drop(json::object& document, const Place& place) {
  auto* inner = attributes_of(document);
  if (place.second.empty()) document.erase(place.first);
  else if (inner != nullptr) inner->erase(place.second);
}

// Its names in order, so that the digest is the same for whoever reads the value, in whatever order it comes.
std::string canonical(const json::value& value) {
  std::string text;
  const auto separate = [&](char opens) { text += text.empty() ? opens : ','; };
  if (const auto* list = value.if_array(); list != nullptr && !list->empty()) {
    for (const auto& one : *list) {
      separate('[');
      text += canonical(one);
    }
    return text + ']';
  }
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    std::map<std::string_view, const json::value*> members;
    for (const auto& [name, one] : *object) members.emplace(name, &one);
    for (const auto& [name, one] : members) {
      separate('{');
      text += json::serialize(json::value(name)) + ':' + canonical(*one);
    }
    return text + '}';
  }
  return json::serialize(value);
}

json::object digest_of(const json::value& value) {
  const auto text = canonical(value);
  return {{"sha256", hex(as_text(crypto::sha256(text)))}, {"bytes", text.size()}};
}

// A list, or the one that a key set is; none: an empty one.
const json::array& elements_of(const json::value* value) {
  static const json::array none;
  if (value == nullptr) return none;
  if (const auto* list = value->if_array()) return *list;
  const auto* keys = value->is_object() ? json_member_array(value->get_object(), "keys") : nullptr;
  return keys != nullptr ? *keys : none;
}

json::array without(const json::array& list, const json::array& others) {
  std::set<std::string> there;
  for (const auto& one : others) there.insert(canonical(one));
  json::array rest;
  for (const auto& one : list)
    if (!there.contains(canonical(one))) rest.push_back(one);
  return rest;
}

// A member that is too large to be told: what it was and is, for whoever has the value or keeps the event; and of a
// list what came and went.
struct LeftOut {
  json::object told, elements;
};

LeftOut left_out_of(const json::object& before, const json::object& after, const Place& place) {
  const auto *was = find(before, place), *is = find(after, place);
  LeftOut one;
  one.told["member"] = place.first + (place.second.empty() ? "" : "/" + place.second);
  if (was != nullptr) one.told["before"] = digest_of(*was);
  if (is != nullptr) one.told["after"] = digest_of(*is);
  if (auto went = without(elements_of(was), elements_of(is)); !went.empty()) one.elements["went"] = std::move(went);
  if (auto came = without(elements_of(is), elements_of(was)); !came.empty()) one.elements["came"] = std::move(came);
  return one;
}

std::size_t size_of(const json::object& object) { return json::serialize(object).size(); }

// The largest go first, so that nothing small is hidden behind them. What is told in their place counts, too.
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
  std::vector<LeftOut> left_out;
  for (const auto& [size, place] : largest) {
    if (all <= changes_bytes_max) break;
    auto one = left_out_of(before, after, place);
    if (size_of(one.told) >= size) break;  // nor is any smaller one worth it
    all = all - size + size_of(one.told);
    for (auto* document : {&before, &after}) drop(*document, place);
    left_out.push_back(std::move(one));
  }
  json::array told;
  for (auto& one : left_out) {
    const auto size = size_of(one.elements);
    if (all + size <= changes_bytes_max) {
      all += size;
      for (auto& [name, list] : one.elements) one.told[name] = std::move(list);
    }
    told.push_back(std::move(one.told));
  }
  return told;
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
