// GET /account: each root delegation of the person, with what hangs below it. POST /account/withdraw: one of its
// scopes, or all of it, is taken back; the tree below dies with it, at once and everywhere.
#include <algorithm>
#include <map>

#include "delegation/grow.h"
#include "delegation/registered.h"
#include "delegation/state.h"
#include "directory/person.h"
#include "endpoints/people/account/account.h"
#include "endpoints/people/names.h"
#include "flows/consent.h"
#include "flows/disclosure.h"
#include "flows/withdrawal.h"
#include "grants/consents.h"

namespace deputy::endpoints::people {
namespace {

using delegation::Delegation;

constexpr std::size_t roots_max = 100, below_max = 60, rows_max = 10'000;

std::string scopes_text(const delegation::Authority& authority) {
  oauth::ScopeSet scopes;
  for (const auto& pair : authority) scopes.add(pair.scope);
  return scopes.text();
}

// A claim that is told by itself by its own name.
std::string told_text(const oauth::ScopeSet& told) {
  std::string text;
  for (const auto& one : told.tokens()) {
    const auto claim = directory::claim_of_token(one);
    text.append(text.empty() ? "" : " ").append(claim.empty() ? std::string_view(one) : claim);
  }
  return text;
}

// Gives `take` each live delegation under one, newest first, until it wants no more. True: those were all. Of dead ones
// somebody can make any number: `rows_left` bounds what is read for one page. Those before the one of the id `before`,
// where there is one; it becomes the id of the last that was read and not left.
template <class Take>
Result<bool, Fault> each_live(const Call& call, App& app, const std::string& under, std::size_t& rows_left,
                              std::string& before, Take take) {
  store::DelegationPage page{.under = under, .after = before, .order = store::Page::Order::newest_first};
  while (rows_left > 0) {
    page.limit = std::min<std::size_t>(rows_left, 200);
    TRY(const auto rows, app.store.delegations(call.tenant, page));
    rows_left -= rows.size();
    for (const auto& one : rows) {
      page.after = one.id;
      if (!delegation::is_dead(one, call.now)) {
        TRY(const bool more, take(one));
        if (!more) return false;
      }
      before = one.id;
    }
    if (rows.size() < page.limit) return true;
  }
  return false;
}
template <class Take>
Result<bool, Fault> each_live(const Call& call, App& app, const std::string& under, std::size_t& rows_left, Take take) {
  std::string from_the_newest_on;
  return each_live(call, app, under, rows_left, from_the_newest_on, std::move(take));
}

// All live nodes below, each behind its parent, as many as a person would look at.
Result<Done, Fault> add_below(const Call& call, App& app, const std::string& parent, int depth, Names& names,
                              std::size_t& rows_left, pages::DelegationView& view) {
  const auto add = [&](const Delegation& child) -> Result<bool, Fault> {
    if (view.below.size() == below_max) return false;
    TRY(auto actor, names.party_of(child.actor));
    view.below.push_back({.actor = std::move(actor),
                          .depth = depth,
                          .scopes = scopes_text(child.authority),
                          .used_at = child.used_at});
    TRY(auto added, add_below(call, app, child.id, depth + 1, names, rows_left, view));
    return !view.more_below;
  };
  TRY(const bool all, each_live(call, app, parent, rows_left, add));
  view.more_below = view.more_below || !all;
  return Done{};
}

// Each detail of a registered type among the scopes of its resource; its value in a form is what takes it back.
Result<Done, Fault> add_details(const Call& call, App& app, const Delegation& root, std::string_view tag,
                                std::vector<pages::SwitchGroup>& groups) {
  for (const auto& detail : root.details) {
    TRY(const auto resource, app.directory.resource_by_id(call.tenant, detail.resource));
    if (resource == nullptr) continue;
    for (auto& group : groups) {
      if (group.identifier != resource->identifier || !group.onward.id.empty()) continue;
      auto view = people::view_of(detail, *resource, tag);
      view.value = flows::key_of(detail);
      group.details.push_back(std::move(view));
    }
  }
  return Done{};
}

Result<pages::DelegationView, Fault> view_of(const Call& call, App& app, const Delegation& root, Names& names,
                                             std::string_view tag, const std::vector<Delegation>& wholes,
                                             std::size_t& rows_left) {
  TRY(auto groups, groups_of(root.authority, app, call.tenant, names));
  TRY(auto details, add_details(call, app, root, tag, groups));
  pages::DelegationView view{.id = root.id,
                             .groups = std::move(groups),
                             .created_at = root.created_at,
                             .not_after = root.limits.not_after,
                             .used_at = root.used_at,
                             .uses_max = root.limits.uses,
                             .uses = root.uses};
  TRY(auto added, add_below(call, app, root.id, 1, names, rows_left, view));
  for (const auto& whole : wholes) {
    if (std::find(whole.path.begin(), whole.path.end(), root.id) == whole.path.end()) continue;
    if (whole.used_at && (!view.used_at || *view.used_at < *whole.used_at)) view.used_at = whole.used_at;
    TRY(auto also, add_below(call, app, whole.id, 1, names, rows_left, view));
  }
  return view;
}

std::optional<pages::Phrase> stopped_by(directory::State state) {
  switch (state) {
    case directory::State::active: break;
    case directory::State::suspended: return "It is suspended, and does not act for you now.";
    case directory::State::expired: return "It has expired, and does not act for you now.";
    case directory::State::disabled: return "It is disabled, and does not act for you now.";
    case directory::State::revoked: return "It was revoked, and does not act for you.";
  }
  return std::nullopt;
}

Result<pages::AgentView, Fault> agent_of(std::string_view actor, const directory::Principal* principal, Instant now,
                                         Names& names) {
  pages::AgentView agent;
  if (principal != nullptr) agent.stopped = stopped_by(principal->state(now));
  TRY(auto party, names.party_of(actor));
  agent.agent = std::move(party);
  TRY(const auto body, names.body_of(actor));
  if (const auto organization = json_text(body, "organization")) {
    TRY(auto its, names.name_of(*organization));
    agent.organization = std::move(its);
  }
  return agent;
}

// What the URL names as the last of the page before this one: one of the person's own roots, or nothing (A38).
Result<std::string, Fault> before_of(const Call& call, App& app, const Browser& browser) {
  const auto query = oauth::Form::parse(call.request.query);
  const auto before = query ? query->get("before").value_or("") : std::string_view();
  if (before.empty()) return std::string();
  TRY(const auto root, app.store.delegation(call.tenant, before));
  const bool own = root && root->subject == browser.session.user && root->parent.empty();
  return own ? root->id : std::string();
}

// As many roots as a page shows: the newest, or those before the one of the id `before`.
Result<Done, Fault> fill(const Call& call, App& app, const Browser& browser, std::string before,
                         pages::AgentsView& view) {
  const auto& user = browser.session.user;
  Names names(app, call.tenant);
  std::size_t wholes_left = rows_max, roots_left = rows_max, below_left = rows_max, shown = 0;
  std::map<std::string, std::size_t> places;  // of each actor among the agents
  // What was put together is no more than its parts, which are older: it is used, and handed on, as they are.
  std::vector<Delegation> wholes;
  const auto add_whole = [&](const Delegation& root) -> Result<bool, Fault> {
    if (!delegation::is_put_together(root)) return true;
    TRY(const bool goes_on, grants::parts_go_on(root, call.tenant, app.store));
    if (goes_on) wholes.push_back(root);
    return true;
  };
  const bool newest = before.empty();
  if (!newest) {
    TRY(const bool all_wholes, each_live(call, app, user, wholes_left, add_whole));
  }
  const auto add = [&](const Delegation& root) -> Result<bool, Fault> {
    if (shown == roots_max) return false;
    if (delegation::is_put_together(root)) return newest ? add_whole(root) : true;
    TRY(auto one, view_of(call, app, root, names, browser.say.tag(), wholes, below_left));
    TRY(const auto actor, app.directory.principal(call.tenant, root.actor));
    if (actor != nullptr && actor->expires_at && (!one.not_after || *actor->expires_at < *one.not_after))
      one.not_after = actor->expires_at;
    const auto [place, is_new] = places.try_emplace(root.actor, view.agents.size());
    if (is_new) {
      TRY(auto agent, agent_of(root.actor, actor.get(), call.now, names));
      view.agents.push_back(std::move(agent));
    }
    view.agents[place->second].delegations.push_back(std::move(one));
    ++shown;
    return true;
  };
  TRY(const bool all, each_live(call, app, user, roots_left, before, add));
  if (!all) view.before = before;
  if (!newest) return Done{};
  TRY(const auto told, flows::disclosures_of(user, call.tenant, app.store));
  for (const auto& one : told) {
    if (one.scope.empty()) continue;  // all was declined
    TRY(const auto client, names.body_of(one.client));
    if (client.empty()) continue;  // deleted: nobody is told anything
    TRY(auto party, names.party_of(one.client));
    pages::ToldView row{.id = one.id, .client = std::move(party), .what = {}, .scope = told_text(one.scope)};
    for (const auto& token : one.scope.tokens())
      if (auto words = told_in_words(browser.say, token); !words.empty()) row.what.push_back(std::move(words));
    view.told.push_back(std::move(row));
  }
  return Done{};
}

// A row of a delegation on the page, as it comes back in the form.
std::string value_of(const delegation::Pair& pair) { return pair.resource + " " + pair.scope + " " + pair.onward; }

// What a row of the form takes back.
flows::Taken taken_by(std::string_view row) {
  return {.pair = [row](const auto& one) { return value_of(one) == row; },
          .detail = [row](const auto& one) { return flows::key_of(one) == row; }};
}

// What a person asks to end, kept by value: it is decided again where another request was quicker.
struct Withdrawal {
  Kept asked;
  Visit visit;
  int tries = 0;
};
// Of one that bounds uses, every token that is drawn meanwhile is one more try.
constexpr int tries_max = 8;

void decide_again(const Withdrawal& withdrawal, App& app, Answer (*decide)(const Withdrawal&, App&), Answer& answer) {
  answer.refused = [&app, decide, again = withdrawal](const store::Refused&) mutable {
    if (++again.tries == tries_max) return done(again.visit, "/account", "in-use");
    again.asked.now = app.clock.now();
    return decide(again, app);
  };
}

// What is meant: the agent of the root that the form names, and of its roots all that go on and hold what is taken
// back. A page from before may name one that was taken back in part since.
struct Meant {
  std::string agent;  // empty: nobody's of theirs
  std::vector<Delegation> roots;
};
Result<Meant, Fault> meant_by(const Withdrawal& withdrawal, const Call& call, App& app) {
  const auto& form = withdrawal.visit.form;
  const auto& user = withdrawal.visit.browser.session.user;
  Meant meant;
  TRY(auto named, app.store.delegation(call.tenant, form.get("delegation").value_or("")));
  // Somebody else's, and what is over, are passed over alike: the page shows what there is (A38). So is what was put
  // together: its parts are taken back, and nothing of it may outlive them (I4).
  if (!named || named->subject != user || !named->parent.empty() || delegation::is_put_together(*named)) return meant;
  meant.agent = named->actor;
  const auto row = form.get("scope");
  const auto add = [&](const Delegation& root) {
    if (root.actor == named->actor && !delegation::is_put_together(root) && (!row || taken_by(*row).some_of(root)))
      meant.roots.push_back(root);
  };
  // However many are over: an agent could hide one behind those.
  TRY(const auto consents, app.store.consents({call.tenant, user, named->actor}, call.now, rows_max));
  for (const auto& root : consents) add(root);
  const auto add_other = [&](const Delegation& root) -> Result<bool, Fault> {
    if (root.origin != delegation::Origin::consent) add(root);
    return true;
  };
  std::size_t rows_left = rows_max;
  TRY(const bool all, each_live(call, app, user, rows_left, add_other));
  const auto is_named = [&](const auto& root) { return root.id == named->id; };
  const bool passed_over = !all && std::none_of(meant.roots.begin(), meant.roots.end(), is_named);
  if (passed_over && !delegation::is_dead(*named, call.now)) add(*named);
  return meant;
}

// The client is told no more who the person is, and what is `declined` with it stays so.
store::Writes end_of_telling(const Call& call, App& app, const std::string& user, const flows::Disclosure& told,
                             std::vector<std::string> declined) {
  auto event = event_of(call, app, "consent.withdraw", audit::Decision::done);
  event.actor = event.subject = user;
  event.client = told.client;
  event.target = told.id;
  event.scope_asked = told.scope.text();  // nothing stays
  event.reason = flows::taken_back;
  auto writes =
      flows::take_back(told, std::move(declined), user, call.tenant, flows::taken_back, app.random, call.now);
  writes.emplace_back(store::Append{std::move(event)});
  return writes;
}

// A28: what is taken back of an agent goes from every consent that gives it, as on the consent page; with everything
// goes what it may know of the person.
Answer withdraw_delegations(const Withdrawal& withdrawal, App& app) {
  const auto call = withdrawal.asked.call();
  const auto& visit = withdrawal.visit;
  const auto revocations_seen = app.reader.revocations_seen();  // before the delegations are read
  const auto& user = visit.browser.session.user;
  const auto meant = meant_by(withdrawal, call, app);
  if (!meant) return broken(call, meant.error());
  const auto row = visit.form.get("scope");
  std::optional<flows::Disclosure> told;
  if (!row && !meant->agent.empty()) {
    auto found = flows::disclosed_to(meant->agent, user, call.tenant, app.store);
    if (!found) return broken(call, found.error());
    if (*found && !(*found)->scope.empty()) told = std::move(*found);
  }
  auto answer = done(visit, "/account", told ? "withdrawn-all" : "withdrawn");
  if (told) answer.writes = end_of_telling(call, app, user, *told, {});
  for (const auto& root : meant->roots) {
    auto stays = row ? flows::what_stays(root, taken_by(*row), app.random, call.now) : std::nullopt;
    auto writes = flows::withdraw(root, std::move(stays),
                                  event_of(call, app, "consent.withdraw", audit::Decision::done), revocations_seen,
                                  app.directory, call.now);
    if (!writes) return broken(call, writes.error());
    for (auto& write : *writes) answer.writes.push_back(std::move(write));
  }
  if (!answer.writes.empty()) decide_again(withdrawal, app, withdraw_delegations, answer);
  return answer;
}

Answer withdraw_disclosure(const Withdrawal& withdrawal, App& app) {
  const auto call = withdrawal.asked.call();
  const auto& visit = withdrawal.visit;
  const auto id = visit.form.get("disclosure").value_or("");
  const auto told = flows::disclosure_of(visit.browser.session.user, id, call.tenant, app.store);
  if (!told) return broken(call, told.error());
  auto answer = done(visit, "/account", "withdrawn");
  if (!*told) return answer;  // A38: somebody else's, and what is over, are passed over alike
  // OIDC Core §11: that it may go on without them is among it, and what they allowed it to do stays: without them it
  // does not go on with that either.
  std::vector<std::string> declined;
  const auto& no = (*told)->declined;
  if ((*told)->scope.contains("offline_access") || std::find(no.begin(), no.end(), "offline_access") != no.end())
    declined.emplace_back("offline_access");
  answer.writes = end_of_telling(call, app, visit.browser.session.user, **told, std::move(declined));
  decide_again(withdrawal, app, withdraw_disclosure, answer);
  return answer;
}

}  // namespace

Answer agents(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter(call, app, pages::Tab::agents, visit)) return std::move(*answer);
  pages::AgentsView view{.frame = visit.frame};
  auto before = before_of(call, app, visit.browser);
  if (!before) return broken(call, before.error());
  if (auto filled = fill(call, app, visit.browser, std::move(before).take(), view); !filled)
    return broken(call, filled.error());
  return show(call, visit.browser, 200, pages::agents_page(visit.browser.say, view));
}

Answer withdraw(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter_with_form(call, app, pages::Tab::agents, "consent.withdraw", visit))
    return std::move(*answer);
  const bool of_who_they_are = visit.form.get("disclosure").has_value();
  const Withdrawal withdrawal{.asked = Kept(call), .visit = std::move(visit)};
  return of_who_they_are ? withdraw_disclosure(withdrawal, app) : withdraw_delegations(withdrawal, app);
}

}  // namespace deputy::endpoints::people
