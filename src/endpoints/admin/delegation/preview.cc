// An entry of the revocation sequence says exactly what dies by it: so what is previewed is what would be done.
#include "endpoints/admin/delegation/preview.h"

#include "oauth/scope.h"

namespace deputy::endpoints::admin {
namespace {

using delegation::Delegation;

constexpr std::size_t agents_max = 100;  // named in the answer
constexpr std::size_t parts_max = 100;   // the same

std::string joined(const std::vector<std::string>& scopes) {
  std::string text;
  for (const auto& scope : scopes) text.append(text.empty() ? "" : " ").append(scope);
  return text;
}

Count::Which that_hold(std::string resource, std::vector<std::string> scopes) {
  return [resource = std::move(resource), scopes = std::move(scopes)](const Delegation& one) {
    return std::any_of(one.authority.begin(), one.authority.end(), [&](const auto& pair) {
      return pair.resource == resource && std::find(scopes.begin(), scopes.end(), pair.scope) != scopes.end();
    });
  };
}

// Whoever sees a delegation sees what descends from it.
Result<bool, Fault> is_seen(Lens& lens, const Delegation& one) {
  auto above = one.chain;
  above.push_back(one.subject);
  for (const auto& principal : above) {
    TRY(const bool reached, lens.reaches(principal));
    if (reached) return true;
  }
  return false;
}

}  // namespace

bool Preview::full() {
  if (parts_.size() < parts_max) return false;
  truncated_ = true;
  return true;
}

void Preview::add_part(json::object part, const Tally& tally) {
  part["delegations"] = tally.delegations;
  part["live_tokens_max"] = tally.live_tokens_max;
  parts_.push_back(std::move(part));
}

Result<Done, Fault> Preview::add_own_tokens_of(const store::Revocation& entry) {
  if (entry.kind != store::Kills::narrowing) return own_.add(entry.target);
  TRY(const auto resource, visit_.app.directory.resource(visit_.call.tenant, entry.resource));
  if (resource == nullptr) return Done{};
  const OwnTokens::Which which = [&](const directory::Resource& at, const oauth::ScopeSet& held) {
    return at.id == resource->id && std::any_of(entry.scopes.begin(), entry.scopes.end(),
                                                [&](const auto& scope) { return held.contains(scope); });
  };
  if (!entry.target.empty()) return own_.add(entry.target, which);
  TRY(const auto lifetime, own_.lifetime_at(*resource));
  return own_.add_everybodys(which, lifetime);
}

Result<Done, Fault> Preview::add_tokens_of(const store::Revocation& entry) {
  // The other name of a client that was imported: its entry by its id is here too. Or a delegation, counted as ended.
  if (!entry.target.empty() && !directory::kind_of_id(entry.target)) return Done{};
  TRY(auto own, add_own_tokens_of(entry));
  if (full()) return Done{};
  json::object part;
  Count::Which which;
  if (entry.kind == store::Kills::narrowing) {
    TRY(const auto resource, visit_.app.directory.resource(visit_.call.tenant, entry.resource));
    which = that_hold(resource == nullptr ? std::string() : resource->id, entry.scopes);
    part["resource"] = entry.resource;
    part["scope"] = joined(entry.scopes);
  }
  // What ends is counted there.
  Count count(visit_, lens_, room_, [&](const Delegation& one) {
    return !ended_.has(one.id) && (!which || which(one));
  });
  if (entry.target.empty()) {
    TRY(auto everybodys, count.add_everybodys());
  } else {
    TRY(auto all, count.add_all_of(entry.target));
    TRY(const bool reached, lens_.reaches(entry.target));
    if (reached) {  // A38
      TRY(const auto name, lens_.name_of(entry.target));
      part["target"] = entry.target;
      part["name"] = name;
    }
  }
  truncated_ = truncated_ || count.truncated();
  add_part(std::move(part), {count.delegations(), count.live_tokens_max()});
  return Done{};
}

// Which key signed a token is on no record: any that was drawn since the key was made, at a resource of its algorithm;
// and of any other, what was exchanged for those, which a thief may have forged for everybody.
Result<Done, Fault> Preview::add_tokens_of(const tokens::SigningKey& key) {
  std::set<std::string> resources;
  Seconds lifetime_max{0};
  store::Page page{.after = "", .limit = 500};
  for (bool more = true; more;) {
    TRY(const auto records, visit_.app.store.list(visit_.call.tenant, Kind::resource, page));
    for (const auto& record : records) {
      TRY(const auto resource, visit_.app.directory.resource_by_id(visit_.call.tenant, record.id));
      if (resource == nullptr || resource->algorithm != crypto::name_of(key.algorithm)) continue;
      resources.insert(record.id);
      TRY(const auto lifetime, own_.lifetime_at(*resource));
      lifetime_max = std::max(lifetime_max, lifetime);
    }
    more = records.size() == page.limit;
    if (more) page.after = records.back().id;
  }
  TRY(auto own, own_.add_everybodys(
                    [&](const auto& resource, const auto&) {
                      return resources.contains(resource.id) && resource.format == directory::Resource::Format::jwt;
                    },
                    lifetime_max, key.created_at));
  Tally its_own, exchanged;
  Count count(visit_, lens_, room_, [&](const Delegation& one) {
    const auto live = delegation::tokens_live_max(one, visit_.call.now);
    if (live == 0 || one.used_at < key.created_at) return false;
    const bool signs_for = std::any_of(one.authority.begin(), one.authority.end(),
                                       [&](const auto& pair) { return resources.contains(pair.resource); });
    auto& tally = signs_for ? its_own : exchanged;
    ++tally.delegations;
    tally.live_tokens_max += live;
    return true;
  });
  TRY(auto everybodys, count.add_everybodys());
  truncated_ = truncated_ || count.truncated();
  add_part({{"kid", key.kid}}, its_own);
  if (exchanged.delegations > 0) add_part({{"from_kid", key.kid}}, exchanged);
  return Done{};
}

Result<Done, Problem> Preview::ask_whether(const Result<Done, Problem>& allowed) {
  if (allowed) return Done{};
  if (row(allowed.error().type).status >= 500) return Fail{allowed.error()};
  auto document = parse_json_object(problem_response(visit_.about, allowed.error()).body);
  CHECK(document);
  refusal_ = std::move(document).take();
  refusal_.erase("correlation_id");  // nothing was refused, and nothing is on record
  return Done{};
}

Outcome Preview::answer() {
  json::array agents;
  for (const auto& id : ended_.agents()) {
    if (agents.size() == agents_max) {
      truncated_ = true;
      break;
    }
    TRY(const auto name, lens_.name_of(id));
    agents.push_back(json::object{{"id", id}, {"name", name}});
  }
  TRY(auto own_tokens, own_.documents());
  json::object document{{"preview", true},
                        {"delegations", ended_.delegations()},
                        {"agents", std::move(agents)},
                        {"live_tokens_max", ended_.live_tokens_max()},
                        {"own_tokens", std::move(own_tokens)},
                        {"truncated", truncated_ || ended_.truncated() || own_.truncated()}};
  if (const auto at = ended_.last_used_at()) document["last_used_at"] = rfc3339(*at);
  if (!parts_.empty()) document["minted_again"] = std::move(parts_);
  if (!refusal_.empty()) document["would_refuse"] = std::move(refusal_);
  return Answer{.response = json_response(200, json::serialize(document)), .writes = {}, .refused = {}};
}

Outcome preview_of_change(const Visit& visit, const Change& change, const std::string& stopped,
                          const Result<Done, Problem>& allowed) {
  Lens lens(visit);
  Preview preview(visit, lens);
  TRY(auto asked, preview.ask_whether(allowed));
  if (!stopped.empty()) {
    TRY(auto counted, preview.ended().add_all_of(stopped));
    TRY(auto own, preview.own_tokens().add(stopped));
  }
  for (const auto& write : change.writes()) {
    if (const auto* end = std::get_if<store::EndConsents>(&write)) {
      TRY(auto counted, preview.ended().add_consents_to(end->client));
    } else if (const auto* one = std::get_if<store::EndDelegation>(&write)) {
      TRY(const auto found, visit.app.store.delegation(one->tenant, one->id));
      if (!found) continue;
      TRY(const bool seen, is_seen(lens, *found));
      if (!seen) continue;
      TRY(auto counted, preview.ended().add_tree(*found));
    }
  }
  for (const auto& write : change.writes()) {
    const auto* revoke = std::get_if<store::Revoke>(&write);
    if (revoke == nullptr || (!stopped.empty() && revoke->revocation.target == stopped)) continue;
    if (revoke->revocation.issued_before == delegation::nothing_issued) continue;
    TRY(auto counted, preview.add_tokens_of(revoke->revocation));
  }
  return preview.answer();
}

}  // namespace deputy::endpoints::admin
