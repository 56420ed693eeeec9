// One map by number, and each tenant's last number.
#include "store/memory/revocation_table.h"

#include <algorithm>

namespace deputy::store {

Revocation RevocationTable::add(Revocation revocation, std::vector<Undo>& undo) {
  revocation.seq = ++last_;
  revocation.tag = make_tag();
  auto& head = heads_[revocation.tenant];
  undo.push_back([this, &head, before = head] {
    all_.erase(last_--);
    head = before;
  });
  revocation.previous = head.last;
  head.last = revocation.seq;
  head.last_tag = revocation.tag;
  all_.emplace(revocation.seq, revocation);
  return revocation;
}

bool RevocationTable::revoked_since(const Unrevoked& unrevoked) const {
  const auto& names = unrevoked.names;
  return std::any_of(all_.upper_bound(unrevoked.seen), all_.end(), [&](const auto& item) {
    const auto& [seq, revocation] = item;
    // Of an entry that is about a resource, where one is asked for: of that one alone, whomever it names.
    const bool asked_for = unrevoked.resource.empty() || revocation.resource == unrevoked.resource ||
                           (!revocation.target.empty() && revocation.resource.empty());
    return revocation.tenant == unrevoked.tenant && asked_for &&
           (revocation.target.empty() || std::find(names.begin(), names.end(), revocation.target) != names.end());
  });
}

std::size_t RevocationTable::purge(Instant now, std::size_t limit) {
  std::size_t purged = 0;
  for (auto at = all_.begin(); at != all_.end() && purged < limit;) {
    if (at->second.until >= now) {
      ++at;
      continue;
    }
    auto& head = heads_[at->second.tenant];
    head.purged = std::max(head.purged, at->first);
    at = all_.erase(at);
    ++purged;
  }
  return purged;
}

std::vector<Revocation> RevocationTable::list(std::uint64_t after, std::size_t limit) const {
  std::vector<Revocation> revocations;
  for (auto at = all_.upper_bound(after); at != all_.end() && revocations.size() < limit; ++at)
    revocations.push_back(at->second);
  return revocations;
}

Store::RevocationPage RevocationTable::list_of(std::string_view tenant, std::uint64_t after, std::size_t limit) const {
  Store::RevocationPage page;
  if (const auto head = heads_.find(tenant); head != heads_.end()) {
    page.last = head->second.last;
    page.last_tag = head->second.last_tag;
    page.purged = head->second.purged;
  }
  for (auto at = all_.upper_bound(after); at != all_.end() && page.entries.size() < limit; ++at)
    if (at->second.tenant == tenant) page.entries.push_back(at->second);
  return page;
}

}  // namespace deputy::store
