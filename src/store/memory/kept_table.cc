// Two ordered containers, and what undoes a change of them.
#include "store/memory/kept_table.h"

namespace deputy::store {

std::optional<Refused::Why> KeptTable::apply(const Keep& keep, std::vector<Undo>& undo) {
  const Key key{keep.use, keep.tenant, keep.key};
  if (!kept_.emplace(key, Kept{keep.body, keep.until}).second) return Why::used;
  undo.push_back([this, key] { kept_.erase(key); });
  return std::nullopt;
}

std::optional<Refused::Why> KeptTable::apply(const Drop& drop, std::vector<Undo>& undo) {
  const Key key{drop.use, drop.tenant, drop.key};
  const auto found = kept_.find(key);
  if (found == kept_.end()) return std::nullopt;
  undo.push_back([this, key, before = found->second] { kept_.emplace(key, before); });
  kept_.erase(found);
  return std::nullopt;
}

std::optional<Refused::Why> KeptTable::apply(const Mark& mark, std::vector<Undo>& undo) {
  const MarkKey key{mark.until, mark.once, mark.tenant, mark.key};
  if (!marks_.insert(key).second) return Why::used;
  undo.push_back([this, key] { marks_.erase(key); });
  return std::nullopt;
}

std::size_t KeptTable::purge(Instant now, std::size_t limit) {
  std::size_t deleted = 0;
  for (auto at = kept_.begin(); at != kept_.end() && deleted < limit;) {
    if (at->second.until > now) {
      ++at;
      continue;
    }
    at = kept_.erase(at);
    ++deleted;
  }
  while (!marks_.empty() && std::get<Instant>(*marks_.begin()) <= now && deleted < limit) {
    marks_.erase(marks_.begin());
    ++deleted;
  }
  return deleted;
}

std::optional<Kept> KeptTable::get(Use use, std::string_view tenant, std::string_view key, Instant now) const {
  const auto found = kept_.find({use, std::string(tenant), std::string(key)});
  if (found == kept_.end() || found->second.until <= now) return std::nullopt;
  return found->second;
}

std::vector<std::string> KeptTable::keys(Use use, std::string_view tenant, std::string_view prefix, Instant now,
                                         std::size_t limit) const {
  std::vector<std::string> found;
  for (auto at = kept_.lower_bound({use, std::string(tenant), std::string(prefix)});
       at != kept_.end() && found.size() < limit; ++at) {
    const auto& [its_use, its_tenant, key] = at->first;
    if (its_use != use || its_tenant != tenant || !key.starts_with(prefix)) break;
    if (at->second.until > now) found.push_back(key);
  }
  return found;
}

}  // namespace deputy::store
