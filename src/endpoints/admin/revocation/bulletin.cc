// The bulletin: a short memory a tenant, and who is to be woken.
#include "endpoints/admin/revocation/bulletin.h"

#include <set>

#include "delegation/revocation_json.h"
#include "endpoints/admin/frame/feed_place.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::size_t entries_max = 1024;  // a tenant: who is further behind reads the store
constexpr Seconds snapshot_age_max{1};       // whoever takes it reads on from its seq: nothing is missed by it
constexpr Seconds snapshot_age_unchanged{5};  // while nothing was revoked since
// It does not stand back for requests: whoever cannot begin refuses every token. As many may wait as are connected.
const WorkPool::Limits snapshot_pool{.name = "snapshots", .threads = 1, .queue_max = 4096};

}  // namespace

std::string event_text(const store::Revocation& revocation) {
  return "id: " + text_of(feed_place(revocation)) + "\nevent: revocation\ndata: " +
         json::serialize(delegation::to_json(revocation)) + "\n\n";  // JSON text of ours has no line break in it
}

Bulletin::Bulletin(store::Store& store)
    : store_(store), followers_(metrics::gauge("deputy_revocation_followers", "Open streams of the revocation feed.")) {
  snapshots_.emplace(snapshot_pool);
  store.observe([this](const store::Changes& changes) {
    if (!changes.revocations.empty()) heard(changes);
  });
}

// On the store's thread, after the commit and before whoever revoked is answered.
void Bulletin::heard(const store::Changes& changes) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  std::set<std::string_view> changed;
  for (const auto& revocation : changes.revocations) {
    const auto [found, fresh] = tenants_.try_emplace(revocation.tenant);
    auto& tenant = found->second;
    if (fresh) tenant.base = revocation.previous;
    else if (revocation.seq <= tenant.last) continue;  // the head was read between its commit and this
    tenant.last = revocation.seq;
    tenant.entries.push_back({revocation.seq, revocation.previous, now,
                              std::make_shared<const std::string>(event_text(revocation))});
    if (tenant.entries.size() > entries_max) {
      tenant.base = tenant.entries.front().seq;
      tenant.entries.pop_front();
    }
    changed.insert(revocation.tenant);
  }
  for (const auto name : changed)
    if (const auto found = listeners_.find(name); found != listeners_.end())
      for (const auto& [number, wake] : found->second) wake();
}

Result<Bulletin::Tenant*, Fault> Bulletin::tenant(const std::string& name) {
  const auto found = tenants_.find(name);
  if (found != tenants_.end()) return &found->second;
  TRY(auto head, store_.revocations_of(name, 0, 0));
  auto& tenant = tenants_[name];
  tenant.base = tenant.last = head.last;
  return &tenant;
}

Result<Bulletin::News, Fault> Bulletin::after(const std::string& name, std::uint64_t seq) {
  const std::lock_guard lock(mutex_);
  TRY(auto* tenant, this->tenant(name));
  News news{.entries = {}, .last = tenant->last, .whole = seq >= tenant->base};
  if (!news.whole || seq >= tenant->last) return news;
  auto at = tenant->entries.end();
  while (at != tenant->entries.begin() && std::prev(at)->seq > seq) --at;
  news.entries.assign(at, tenant->entries.end());
  return news;
}

Result<std::uint64_t, Fault> Bulletin::last(const std::string& name) {
  const std::lock_guard lock(mutex_);
  TRY(auto* tenant, this->tenant(name));
  return tenant->last;
}

Bulletin::Text Bulletin::snapshot(const std::string& name, Instant asked, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto found = tenants_.find(name);
  if (found == tenants_.end()) return nullptr;
  const auto& tenant = found->second;
  const auto at = tenant.snapshot_at;
  if (now < at) return nullptr;  // the clock was set back: nobody knows how old it is
  const bool unchanged = tenant.snapshot_seq == tenant.last && now < at + snapshot_age_unchanged;
  return unchanged || asked < at + snapshot_age_max ? tenant.snapshot : nullptr;
}

Result<Bulletin::Text, Fault> Bulletin::snapshot(const std::string& name, Instant asked, const Clock& clock,
                                                 const Make& make) {
  if (auto made = snapshot(name, asked, clock.now())) return made;
  TRY(const auto seq, last(name));
  TRY(auto text, make());
  auto made = std::make_shared<const std::string>(std::move(text));
  const std::lock_guard lock(mutex_);
  TRY(auto* tenant, this->tenant(name));
  tenant->snapshot = made;
  tenant->snapshot_seq = seq;
  tenant->snapshot_at = clock.now();
  return Text(made);
}

Bulletin::Listening::Listening(Bulletin& bulletin, std::string tenant, std::function<void()> wake)
    : bulletin_(bulletin), tenant_(std::move(tenant)) {
  const std::lock_guard lock(bulletin_.mutex_);
  number_ = ++bulletin_.numbers_;
  bulletin_.listeners_[tenant_].emplace(number_, std::move(wake));
  bulletin_.followers_.add(1);
}

Bulletin::Listening::~Listening() {
  const std::lock_guard lock(bulletin_.mutex_);
  const auto found = bulletin_.listeners_.find(tenant_);
  found->second.erase(number_);
  if (found->second.empty()) bulletin_.listeners_.erase(found);
  bulletin_.followers_.add(-1);
}

}  // namespace deputy::endpoints::admin
