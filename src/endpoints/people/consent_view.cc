// The page's switches out of the offer, and who asks out of the directory.
#include "endpoints/people/consent_view.h"

#include <algorithm>

#include "base/json.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "directory/person.h"
#include "endpoints/people/names.h"
#include "flows/page.h"

namespace deputy::endpoints::people {
namespace {

using flows::Offer;

// By resource, and by who may draw there: by its identifier, for two may bear one name (A37).
Result<std::vector<pages::SwitchGroup>, Fault> groups_of(const Offer& offer, const pages::Speaker& say, Names& names) {
  std::vector<pages::SwitchGroup> groups;
  for (const auto& one : offer.switches) {
    pages::Party onward;
    if (!one.pair.onward.empty()) {
      TRY(auto party, names.party_of(one.pair.onward));
      onward = std::move(party);
    }
    const auto same = [&](const auto& group) {
      return group.identifier == one.resource_identifier && group.onward.id == onward.id;
    };
    auto at = std::find_if(groups.begin(), groups.end(), same);
    if (at == groups.end())
      at = groups.insert(groups.end(), {.resource = one.resource_name,
                                        .identifier = one.resource_identifier,
                                        .onward = std::move(onward)});
    at->switches.push_back({.name = "allow",
                            .value = one.key,
                            .scope = one.pair.scope,
                            .description = one.description,
                            .sensitivity = one.sensitivity,
                            .on = one.stands_on(),
                            .agreed = one.agreed,
                            .agreed_until = one.agreed_until});
  }
  // Each stands with the client's own scopes of its resource, and there are some: it is not offered without.
  for (const auto& one : offer.details) {
    const auto same = [&](const auto& group) {
      return group.identifier == one.resource->identifier && group.onward.id.empty();
    };
    const auto at = std::find_if(groups.begin(), groups.end(), same);
    if (at == groups.end()) continue;
    auto detail = people::view_of(one.detail, *one.resource, say.tag());
    detail.name = "allow";
    detail.value = one.key;
    detail.agreed = one.agreed;
    detail.agreed_until = one.agreed_until;
    detail.on = one.stands_on();
    at->details.push_back(std::move(detail));
  }
  return groups;
}

pages::SwitchView told_switch(const pages::Speaker& say, const Offer& offer, const std::string& scope) {
  const auto claim = directory::claim_of_token(scope);
  return {.name = "tell",
          .value = scope,
          .scope = claim.empty() ? scope : std::string(claim),
          .description = told_in_words(say, scope),
          .on = !offer.untold.contains(scope),
          .agreed = offer.told.contains(scope),
          .essential = offer.essential.contains(scope)};
}

// That it is them first, then what is told of them.
std::vector<pages::SwitchView> identity_of(const pages::Speaker& say, const Offer& offer) {
  std::vector<pages::SwitchView> all;
  for (const std::string scope : {"openid", "profile", "email"})
    if (offer.identity.contains(scope)) all.push_back(told_switch(say, offer, scope));
  for (const auto& scope : offer.identity.tokens())
    if (!directory::claim_of_token(scope).empty()) all.push_back(told_switch(say, offer, scope));
  return all;
}

// Those that there are, but none that would end no later than one before it: the request may ask for less.
std::vector<pages::DurationView> durations_of(const Offer& offer, Instant now) {
  std::vector<pages::DurationView> all;
  for (const std::string name : {"once", "hour", "month", "until_withdrawn"}) {
    const auto until = flows::end_of(*flows::duration_named(name), offer, now);
    const bool longer = all.empty() || !until || *all.back().until < *until;
    if (longer) all.push_back({name, until, name != "once" && until && until == offer.limits.not_after});
  }
  return all;
}

// authorization_details, laid out as they came: every member, whatever it means, on one line of its own, whatever is in
// it (A37).
std::string laid_out(std::string_view details) {
  if (details.empty()) return "";
  const auto parsed = parse_json(details);
  if (!parsed || !parsed->is_array()) return std::string(details);
  std::string text;
  for (const auto& detail : parsed->get_array()) {
    if (!text.empty()) text += "\n";
    if (!detail.is_object()) {
      text += json::serialize(detail) + "\n";
      continue;
    }
    for (const auto& [name, value] : detail.get_object()) {
      append_json_string(text, name);
      text += ": " + json::serialize(value) + "\n";
    }
  }
  return text;
}

bool is_sensitive(const pages::SwitchView& one) { return one.sensitivity == "high"; }
bool is_sensitive(const pages::DetailView&) { return false; }

json::array shown_of(const pages::Party& party) { return {party.id, party.name, party.owner}; }

// What a page says of what is asked for, and of whom it may reach, whatever language it speaks; and what another window
// gave that a switch of it ends.
std::string digest_of(const pages::ConsentView& view, const Offer& offer, const std::vector<std::string>& meanwhile) {
  json::array shown;
  for (const auto& one : view.identity) shown.push_back(json::array{one.value, one.agreed});
  if (view.stay) shown.push_back(json::array{view.stay->value, view.stay->agreed});
  for (const auto& group : view.groups) {
    shown.push_back(json::array{group.resource, group.identifier, shown_of(group.onward)});
    for (const auto& one : group.switches)
      shown.push_back(json::array{one.value, one.description, one.sensitivity, one.agreed});
    for (const auto& one : group.details) shown.push_back(json::array{one.value, one.agreed});
  }
  for (const auto& one : offer.details) {
    const auto object = parse_json_object(one.detail.object);
    const auto* type = object ? one.resource->detail_type(text_of(*object, "type")) : nullptr;
    if (type != nullptr) shown.push_back(json::array{one.key, json::value_from(type->display)});
  }
  for (const auto& party : view.hands_on) shown.push_back(shown_of(party));
  for (const auto& id : meanwhile) shown.push_back(json::array{id});
  return crypto::sha256_base64url(json::serialize(shown));
}

// What the form brings back of the page, bound to it: of who asks, and behind the dot of what is asked for.
std::string proof_of_shown(const Browser& browser, const directory::Principal& client, const std::string& asked) {
  const auto proof = [&](const std::string& shown) {
    return flows::csrf_token(browser.session, browser.purpose("shown " + shown));
  };
  return proof(flows::shown_of(client)) + "." + proof(asked);
}

}  // namespace

Changed changed_since(const oauth::Form& form, const pages::ConsentView& view) {
  const auto halves_of = [](std::string_view shown) {
    const auto dot = std::min(shown.find('.'), shown.size());
    return std::pair(shown.substr(0, dot), shown.substr(dot));
  };
  const auto [who, what] = halves_of(form.get("shown").value_or(""));
  const auto [who_now, what_now] = halves_of(view.shown);
  return {.who_asks = !constant_time_equal(who, who_now), .what_is_asked = !constant_time_equal(what, what_now)};
}

void set_as_posted(const oauth::Form& form, Changed changed, pages::ConsentView& view) {
  const auto on = form.all("allow"), told = form.all("tell");
  // As that page said; one that says nothing of it, not even that it was none, is from an older server.
  const auto agreed = oauth::ScopeSet::parse(form.get("agreed").value_or(""));
  const auto& sent = form.parameters();
  const bool says_agreed = std::any_of(sent.begin(), sent.end(), [](const auto& one) { return one.first == "agreed"; });
  const auto set = [&](auto& one, const std::vector<std::string_view>& posted) {
    const bool is_posted = std::find(posted.begin(), posted.end(), one.value) != posted.end();
    const bool meanwhile = says_agreed && one.agreed && !(agreed && agreed->contains(one.value));
    if (changed.what_is_asked) one.on = meanwhile || (is_posted && (one.on || !is_sensitive(one)));
    else one.on = is_posted;
  };
  for (auto& one : view.identity) set(one, told);
  if (view.stay) set(*view.stay, told);
  for (auto& group : view.groups) {
    for (auto& one : group.switches) set(one, on);
    for (auto& one : group.details) set(one, on);
  }
  for (const auto& one : view.durations)
    if (form.get("duration") == one.name) view.duration = one.name;
}

Result<pages::NothingView, Fault> nothing_of(const Call& call, App& app, const Asking& asking) {
  TRY(auto user, Names(app, call.tenant).person_of(asking.browser.session.user));
  return pages::NothingView{.way = asking.browser.way("consent"),
                            .client = asking.client->name,
                            .user = std::move(user),
                            .technical = asking.nothing ? asking.nothing->description : ""};
}

Result<pages::ConsentView, Fault> view_of(const Call& call, App& app, const Asking& asking) {
  const auto& [browser, client, offer, nothing, seen] = asking;
  Names names(app, call.tenant);
  TRY(const auto body, names.body_of(client->id));
  TRY(auto user, names.person_of(browser.session.user));
  TRY(auto groups, groups_of(offer, browser.say, names));
  pages::ConsentView view{.way = browser.way("consent"),
                          .shown = {},
                          .client = client->name,
                          .client_id = client->client_id,
                          .description = text_of(body, "description"),
                          .redirect_host = flows::destination_of(browser.request->redirect_uri),
                          .agent = client->kind == directory::Kind::agent,
                          .verified = client->registration.verified,
                          .user = std::move(user),
                          .identity = identity_of(browser.say, offer),
                          .groups = std::move(groups),
                          .details = laid_out(browser.request->details),
                          .not_after = offer.limits.not_after,
                          .uses = offer.limits.uses,
                          .max_depth = offer.limits.max_depth,
                          .durations = durations_of(offer, call.now)};
  for (const auto& id : client->delegates) {
    TRY(const auto delegate, names.body_of(id));
    if (delegate.empty()) continue;  // deleted
    TRY(auto party, names.party_of(id));
    view.hands_on.push_back(std::move(party));
  }
  if (offer.identity.contains("offline_access")) view.stay = told_switch(browser.say, offer, "offline_access");
  if (!client->owner.empty()) {
    TRY(auto owner, names.name_of(client->owner));
    view.owner = std::move(owner);
  }
  if (!client->organization.empty()) {
    TRY(auto organization, names.name_of(client->organization));
    view.organization = std::move(organization);
  }
  auto world = world_of(call, app);
  TRY(const auto meanwhile, flows::given_meanwhile(offer, *browser.request, *client, browser.session.user, world));
  view.shown = proof_of_shown(browser, *client, digest_of(view, offer, meanwhile));
  const auto is_chosen = [&](const auto& one) { return one.name == view.duration; };
  if (std::none_of(view.durations.begin(), view.durations.end(), is_chosen)) view.duration = view.durations.back().name;
  return view;
}

}  // namespace deputy::endpoints::people
