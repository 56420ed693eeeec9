// Loading, publishing and rotating the signing keys.
#include "tokens/keyring.h"

#include <mutex>
#include <shared_mutex>

#include "base/id.h"
#include "base/json.h"
#include "base/live.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "directory/authority.h"
#include "store/tenants.h"
#include "tokens/key_record.h"

namespace deputy::tokens {
namespace {

using crypto::Algorithm;
constexpr std::array algorithms{Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256};

std::size_t retiring_max(const KeyringConfig& config) {
  return static_cast<std::size_t>((config.retire_after + config.rotate_every - Seconds(1)) / config.rotate_every);
}

const SigningKey* find_key(const TenantKeys& keys, Algorithm algorithm, SigningKey::State state) {
  for (const auto& key : keys.all)
    if (key.algorithm == algorithm && key.state == state) return &key;
  return nullptr;
}

// How long sets may be kept that were given before a restart: one record under no tenant, as the settings are the whole
// server's.
constexpr std::string_view no_tenant, max_age_id = "jwks-max-age";

Seconds noted_in(const store::Record& record) {
  const auto body = parse_stored(record.body);
  return Seconds(body ? json_integer(*body, "jwks_max_age_s").value_or(0) : 0);
}

// By a clock that was ahead and is set back: nothing would be due until it is then. Or this one is behind, which for a
// while nobody knows.
bool is_written_ahead(const StoredKey& key, Instant now) { return key.written_at > now + set_back_max; }

// What was counted from then counts from now.
void count_from(StoredKey& key, Instant now) {
  key.facts.created_at = std::min(key.facts.created_at, now);
  key.facts.changes_at -= key.written_at - now;
}

constexpr int believed_after = 24 * 60;  // ticks: what retired before so many has had its time, whatever the clock says

template <class Value>
void warn_of(const Result<Value, Fault>& result) {
  if (!result) log::line(log::Level::warn, "key_rotation_failed", {{"detail", result.error().detail}});
}

struct Transition {
  std::string action, kid;
};
// What writes of keys make of them, in the words of events.
std::vector<Transition> transitions_in(const store::Writes& writes) {
  std::vector<Transition> all;
  for (const auto& write : writes) {
    if (const auto* remove = std::get_if<store::Remove>(&write)) all.push_back({"key.remove", remove->id});
    const auto* put = std::get_if<store::Put>(&write);
    const auto key = put != nullptr ? read_key(put->record) : std::nullopt;
    if (!key) continue;
    switch (key->facts.state) {
      case SigningKey::State::next: all.push_back({"key.publish", key->facts.kid}); break;
      case SigningKey::State::active: all.push_back({"key.activate", key->facts.kid}); break;
      case SigningKey::State::retired: all.push_back({"key.retire", key->facts.kid}); break;
    }
  }
  return all;
}

}  // namespace

std::size_t scheduled_keys_max(const KeyringConfig& config) { return algorithms.size() * (2 + retiring_max(config)); }

struct Keyring::State {
  struct InForce : KeyringConfig {
    // Sets that were given before the settings changed are kept for so long, and until then.
    Seconds earlier_max_age{0};
    Instant earlier_until{};
    // How long a set may be kept that somebody holds now.
    Seconds kept_for(Instant now) const { return now < earlier_until ? earlier_max_age : jwks_max_age; }
    // Until then some hold sets that were given for so long before.
    void mind(Seconds max_age, Instant until) {
      if (max_age <= jwks_max_age) return;
      earlier_max_age = max_age;
      earlier_until = until;
    }
  };

  store::Store& store;
  const crypto::SealKey& seal;
  const Clock& clock;
  Random& random;
  Live<InForce> config;
  std::mutex changing;         // of it
  bool knows_earlier = false;  // what was noted before this start is taken up
  std::shared_mutex mutex;
  std::map<std::string, std::shared_ptr<const TenantKeys>, std::less<>> tenants;
  std::map<std::string, int, std::less<>> ahead;  // by tenant: at how many ticks, one after another, it had such keys
  std::uint64_t changes = 0;  // counts commits that touched a key: a load that began before one is not kept

  Result<std::vector<StoredKey>, Fault> stored(std::string_view tenant) {
    store::Page page{.after = "", .limit = 500, .where = std::nullopt};
    std::vector<StoredKey> keys;
    for (std::size_t read = page.limit; read == page.limit;) {
      TRY(const auto records, store.list(tenant, store::Kind::key, page));
      read = records.size();
      for (const auto& record : records) {
        auto key = read_key(record);
        if (!key) return Fail{Fault{Fault::Kind::corrupt, "a signing key's record is damaged"}};
        keys.push_back(std::move(*key));
        page.after = record.id;
      }
    }
    return keys;
  }
  Result<std::shared_ptr<const TenantKeys>, Fault> load(std::string_view tenant);
  store::Write transition(std::string_view tenant, StoredKey key, SigningKey::State to, Instant now);
  void replace_active(std::string_view tenant, Algorithm algorithm, const std::vector<StoredKey>& keys, Instant now,
                      store::Writes& writes);
  Result<Done, Fault> note_max_age(Instant now);
  bool due(const SigningKey& key, Instant now) const { return key.changes_at <= now; }
  void tick(std::string_view tenant, Instant now, std::optional<Instant> past);
};

Keyring::Keyring(store::Store& store, const crypto::SealKey& seal, const Clock& clock, Random& random,
                 KeyringConfig config)
    : state_(new State{.store = store, .seal = seal, .clock = clock, .random = random,
                       .config = Live(State::InForce{config}), .changing = {}, .mutex = {}, .tenants = {}}) {
  store.observe([state = state_.get()](const store::Changes& changes) {
    for (const auto& change : changes.records) {
      if (change.kind != store::Kind::key) continue;
      std::unique_lock lock(state->mutex);
      ++state->changes;
      state->tenants.erase(change.tenant);
    }
  });
}
Keyring::~Keyring() = default;

KeyringConfig Keyring::config() const { return *state_->config.now(); }

void Keyring::configure(const KeyringConfig& config) {
  const std::lock_guard lock(state_->changing);
  const auto before = state_->config.now();
  const auto now = state_->clock.now();
  State::InForce after{config};
  after.mind(before->kept_for(now), std::max(before->earlier_until, now + before->jwks_max_age));
  state_->config.replace(after);
  warn_of(state_->note_max_age(now));
}

// Writes down the longest for which a set may be kept that somebody holds now; and takes up, once, what was written
// down before this start. Where another node writes at the same time, the next look is in a minute.
Result<Done, Fault> Keyring::State::note_max_age(Instant now) {
  TRY(const auto noted, store.get(no_tenant, store::Kind::key, max_age_id));
  auto in_force = *config.now();
  if (noted && !std::exchange(knows_earlier, true)) {
    const auto max_age = noted_in(*noted);
    in_force.mind(max_age, now + max_age);
    config.replace(in_force);
  }
  const auto kept_for = in_force.kept_for(now);
  if (noted && noted_in(*noted) == kept_for) return Done{};
  store::Put put{.record = {.kind = store::Kind::key,
                            .tenant = std::string(no_tenant),
                            .id = std::string(max_age_id),
                            .under = std::string(max_age_id),
                            .created_at = now,
                            .updated_at = now,
                            .body = json::serialize(json::object{{"jwks_max_age_s", kept_for.count()}})},
                 .expected_version = noted ? noted->version : 0,
                 .indexes = {}};
  TRY(const auto written, store.commit_now({std::move(put)}));
  knows_earlier = true;
  return Done{};
}

Result<std::shared_ptr<const TenantKeys>, Fault> Keyring::keys(std::string_view tenant) {
  {
    std::shared_lock lock(state_->mutex);
    if (const auto found = state_->tenants.find(tenant); found != state_->tenants.end()) return found->second;
  }
  return state_->load(tenant);
}

Result<std::shared_ptr<const TenantKeys>, Fault> Keyring::State::load(std::string_view tenant) {
  std::uint64_t before;
  {
    std::shared_lock lock(mutex);
    before = changes;
  }
  TRY(auto loaded, stored(tenant));
  if (loaded.empty()) return Fail{Fault{Fault::Kind::not_found, "the tenant has no signing keys"}};
  auto keys = std::make_shared<TenantKeys>();
  json::array published;
  for (auto& one : loaded) {
    TRY(auto key, open_key(tenant, one, seal));
    const auto& facts = one.facts;
    published.push_back(jose::public_jwk(key.public_key(), facts.kid, facts.algorithm));
    keys->published.add({facts.kid, facts.algorithm, key.public_key()});
    const auto signer = [&](std::string_view type) { return jose::Signer(key, facts.algorithm, facts.kid, type); };
    if (facts.state == SigningKey::State::active)
      keys->active.emplace(facts.algorithm,
                           TenantKeys::Active{facts.kid, signer("at+jwt"), signer("token-introspection+jwt"),
                                              signer("JWT"), signer("logout+jwt"), signer("revocation-snapshot+jwt")});
    keys->all.push_back(facts);
  }
  keys->jwks_json = json::serialize(json::object{{"keys", std::move(published)}});
  keys->jwks_digest = crypto::sha256_base64url(keys->jwks_json);
  std::unique_lock lock(mutex);
  if (before == changes) tenants.insert_or_assign(std::string(tenant), keys);
  return std::shared_ptr<const TenantKeys>(std::move(keys));
}

store::Writes Keyring::first_keys(std::string_view tenant) const {
  const auto now = state_->clock.now();
  store::Writes writes;
  for (const auto algorithm : algorithms)
    writes.emplace_back(write_key(tenant,
                                  make_key(tenant, algorithm, SigningKey::State::active, now,
                                           now + state_->config.now()->rotate_every, state_->seal, state_->random),
                                  now));
  return writes;
}

// Each transition is conditional on the version that was read: of many nodes that try, one succeeds.
store::Write Keyring::State::transition(std::string_view tenant, StoredKey key, SigningKey::State to, Instant now) {
  const auto in_force = config.now();
  key.facts.state = to;
  key.facts.changes_at = now + (to == SigningKey::State::active ? in_force->rotate_every : in_force->retire_after);
  return write_key(tenant, key, now);
}

// The active key of an algorithm retires; `next`, or a key made here, takes its place.
void Keyring::State::replace_active(std::string_view tenant, Algorithm algorithm, const std::vector<StoredKey>& keys,
                                    Instant now, store::Writes& writes) {
  bool had_next = false;
  for (const auto& key : keys) {
    if (key.facts.algorithm != algorithm) continue;
    if (key.facts.state == SigningKey::State::active)
      writes.push_back(transition(tenant, key, SigningKey::State::retired, now));
    if (key.facts.state == SigningKey::State::next) {
      had_next = true;
      writes.push_back(transition(tenant, key, SigningKey::State::active, now));
    }
  }
  if (!had_next)
    writes.emplace_back(write_key(tenant,
                                  make_key(tenant, algorithm, SigningKey::State::active, now,
                                           now + config.now()->rotate_every, seal, random),
                                  now));
}

Result<Keyring::Rotation, Fault> Keyring::rotation(std::string_view tenant, Algorithm algorithm) {
  auto& state = *state_;
  TRY(auto stored, state.stored(tenant));
  if (stored.empty()) return Fail{Fault{Fault::Kind::not_found, "the tenant has no signing keys"}};
  const auto config = state.config.now();
  const auto now = state.clock.now();
  for (auto& key : stored)
    if (is_written_ahead(key, now)) count_from(key, now);
  const auto known_at = now - config->kept_for(now);
  const auto in_state = [&](SigningKey::State wanted) {
    return std::find_if(stored.begin(), stored.end(), [&](const StoredKey& key) {
      return key.facts.algorithm == algorithm && key.facts.state == wanted;
    });
  };
  const auto active = in_state(SigningKey::State::active), next = in_state(SigningKey::State::next);
  const auto fresh = [&](SigningKey::State as, Instant changes_at) {
    return make_key(tenant, algorithm, as, now, changes_at, state.seal, state.random);
  };
  const bool is_known = next == stored.end() ? known_at == now : next->facts.created_at <= known_at;
  const bool replaces = active == stored.end() || is_known;
  // Until the last of these has left the set, the schedule may add a next one, and retire as many as it ever does.
  const auto scheduled = algorithms.size() * (1 + retiring_max(*state.config.now()));
  const std::size_t added = (replaces ? 1u : 0u) + (next == stored.end() ? 1u : 0u);
  if (added > 0 && stored.size() + added + scheduled > jose::jwk_set_keys_max)
    return Fail{Fault{Fault::Kind::conflict, "so many keys retire that verifiers would refuse a larger set"}};
  store::Writes writes;
  if (replaces) {
    state.replace_active(tenant, algorithm, stored, now, writes);
    auto key = next == stored.end() ? read_key(std::get<store::Put>(writes.back()).record)->facts : next->facts;
    key.state = SigningKey::State::active;
    key.changes_at = now + config->rotate_every;
    // The one after it is published now, so that the next rotation on demand meets no verifier unprepared.
    writes.emplace_back(write_key(tenant, fresh(SigningKey::State::next, now + config->rotate_every), now));
    return Rotation{std::move(key), std::move(writes)};
  }
  auto waiting = next == stored.end() ? fresh(SigningKey::State::next, now) : *next;
  waiting.facts.changes_at = waiting.facts.created_at + config->kept_for(now);
  active->facts.changes_at = std::min(active->facts.changes_at, waiting.facts.changes_at);
  writes.emplace_back(write_key(tenant, waiting, now));
  writes.emplace_back(write_key(tenant, *active, now));
  return Rotation{std::move(waiting.facts), std::move(writes)};
}

Result<store::Writes, Fault> Keyring::compromise_writes(std::string_view tenant, std::string_view kid) {
  TRY(auto stored, state_->stored(tenant));
  const auto found = std::find_if(stored.begin(), stored.end(), [&](const auto& key) { return key.facts.kid == kid; });
  if (found == stored.end()) return Fail{Fault{Fault::Kind::not_found, "no such key"}};
  const auto bad = *found;
  const auto now = state_->clock.now();
  stored.erase(found);
  store::Writes writes;
  if (bad.facts.state == SigningKey::State::active)
    state_->replace_active(tenant, bad.facts.algorithm, stored, now, writes);
  writes.emplace_back(store::Remove{std::string(tenant), store::Kind::key, bad.facts.kid, bad.facts.version});
  // Whoever stole it signs what expires as late as any reader here believes.
  const auto retire_after = state_->config.now()->retire_after;
  const auto kept = std::max<Seconds>(retire_after, directory::token_lifetime_max + Seconds(3600));
  writes.emplace_back(store::Revoke{{.seq = 0,
                                     .tenant = std::string(tenant),
                                     .kind = store::Kills::key,
                                     .target = bad.facts.kid,
                                     .issued_before = now,
                                     .until = now + kept,
                                     .at = now,
                                     .reason = "key compromised",
                                     .scopes = {}}});
  return writes;
}

void Keyring::tick(std::optional<Instant> past) {
  {
    const std::lock_guard lock(state_->changing);
    warn_of(state_->note_max_age(state_->clock.now()));
  }
  const auto tenants = store::tenants(state_->store);
  if (!tenants) return log::line(log::Level::warn, "key_rotation_failed", {{"detail", tenants.error().detail}});
  for (const auto& tenant : *tenants) state_->tick(tenant, state_->clock.now(), past);
}

void Keyring::State::tick(std::string_view tenant, Instant now, std::optional<Instant> past) {
  auto keys = stored(tenant);
  if (!keys) return log::line(log::Level::warn, "key_rotation_failed", {{"detail", keys.error().detail}});
  store::Writes set_right;
  bool holds_up = false;
  for (auto key : *keys) {
    if (!is_written_ahead(key, now)) continue;
    holds_up = holds_up || key.facts.state != SigningKey::State::retired;
    count_from(key, now);
    set_right.emplace_back(write_key(tenant, key, now));
  }
  auto& ahead_for = ahead[std::string(tenant)];
  ahead_for = set_right.empty() ? 0 : ahead_for + 1;
  if (ahead_for == 1 && holds_up)
    log::line(log::Level::warn, "key_rotation_waits",
              {{"tenant", tenant},
               {"detail", "a clock ahead of this one wrote signing keys: they rotate late until a server has run for a "
                          "day; if this clock is right, `deputy key rotate` for each algorithm ends that now"}});
  if (ahead_for >= believed_after) return warn_of(store.commit_now(std::move(set_right)));  // the rest next time
  const auto in_force = config.now();
  const auto published_for = std::max(in_force->publish_ahead, in_force->kept_for(now));
  TenantKeys view;
  for (const auto& key : *keys) view.all.push_back(key.facts);
  store::Writes writes;
  for (const auto& key : *keys) {
    const auto& facts = key.facts;
    if (facts.state == SigningKey::State::retired && past && due(facts, *past))
      writes.emplace_back(store::Remove{std::string(tenant), store::Kind::key, facts.kid, facts.version});
    if (facts.state != SigningKey::State::active) continue;
    const auto* next = find_key(view, facts.algorithm, SigningKey::State::next);
    // `next` is published ahead of its first signature, so that no verifier meets a kid its cache cannot hold yet.
    if (next == nullptr && facts.changes_at - published_for <= now)
      writes.emplace_back(write_key(tenant,
                                    make_key(tenant, facts.algorithm, SigningKey::State::next, now,
                                             std::max(facts.changes_at, now + published_for), seal, random),
                                    now));
    else if (next != nullptr && due(facts, now) && due(*next, now))
      replace_active(tenant, facts.algorithm, *keys, now, writes);
  }
  if (writes.empty()) return;
  // Nobody asked for it, so its events name no actor: they say what the schedule did.
  const auto transitions = transitions_in(writes);
  for (const auto& [action, kid] : transitions) {
    audit::Event event{.id = make_id("evt", now, random), .at = now, .tenant = std::string(tenant)};
    event.action = action;
    event.target = kid;
    writes.emplace_back(store::Append{std::move(event)});
  }
  const auto outcome = store.commit_now(std::move(writes));
  if (!outcome) return log::line(log::Level::warn, "key_rotation_failed", {{"detail", outcome.error().detail}});
  if (std::holds_alternative<store::Refused>(*outcome)) return;  // another node made them
  for (const auto& [action, kid] : transitions)
    log::line(log::Level::info, "key_rotated", {{"tenant", tenant}, {"action", action}, {"kid", kid}});
}

}  // namespace deputy::tokens
