// The page's switches out of the offer, and who asks out of the directory.
#include "endpoints/people/consent_view.h"

#include <algorithm>

#include "directory/person.h"
#include "endpoints/people/names.h"

namespace deputy::endpoints::people {
namespace {

using flows::Offer;

// "app.example:8443" of a redirect URI: where the answer goes. A private-use scheme is shown whole: what stands in it
// where others have a host is the application's own word (RFC 8252 §8.6).
std::string destination_of(std::string_view uri) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!uri.starts_with(scheme)) continue;
    const auto rest = uri.substr(scheme.size());
    return std::string(rest.substr(0, rest.find_first_of("/?#")));
  }
  return std::string(uri);
}

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
    // What is sensitive, or was declined before, is switched on by hand, unless it was before.
    at->switches.push_back({.name = "allow",
                            .value = one.key,
                            .scope = one.pair.scope,
                            .description = one.description,
                            .sensitivity = one.sensitivity,
                            .on = one.agreed || (one.sensitivity != "high" && !one.declined),
                            .agreed = one.agreed});
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
    detail.on = one.agreed || !one.declined;
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
    const bool longer = all.size() < 2 || !until || *all.back().until < *until;
    if (longer) all.push_back({name, until});
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

// What the form brings back of how the client was shown, bound to the page that showed it.
std::string proof_of_shown(const Browser& browser, const directory::Principal& client) {
  return flows::csrf_token(browser.session, browser.purpose("shown " + flows::shown_of(client)));
}

}  // namespace

bool is_as_shown(const oauth::Form& form, const Browser& browser, const directory::Principal& client) {
  return flows::csrf_matches(browser.session, browser.purpose("shown " + flows::shown_of(client)),
                             form.get("shown").value_or(""));
}

void set_as_posted(const oauth::Form& form, pages::ConsentView& view) {
  const auto on = form.all("allow"), told = form.all("tell");
  const auto set = [](auto& switches, const std::vector<std::string_view>& posted) {
    for (auto& one : switches) one.on = std::find(posted.begin(), posted.end(), one.value) != posted.end();
  };
  set(view.identity, told);
  if (view.stay) view.stay->on = std::find(told.begin(), told.end(), view.stay->value) != told.end();
  for (auto& group : view.groups) {
    set(group.switches, on);
    set(group.details, on);
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
                          .shown = proof_of_shown(browser, *client),
                          .client = client->name,
                          .client_id = client->client_id,
                          .description = text_of(body, "description"),
                          .redirect_host = destination_of(browser.request->redirect_uri),
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
  return view;
}

}  // namespace deputy::endpoints::people
