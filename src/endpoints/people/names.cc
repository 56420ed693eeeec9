// Records by id, read once a page.
#include "endpoints/people/names.h"

#include <algorithm>

#include "base/visible.h"
#include "directory/person.h"

namespace deputy::endpoints::people {

Result<json::object, Fault> Names::body_of(std::string_view id) {
  const auto kind = directory::kind_of_id(id);
  if (!kind) return json::object();
  TRY(auto record, app_.store.get(tenant_, *kind, id));
  if (!record) return json::object();
  return parse_stored(record->body);
}

Result<std::string, Fault> Names::name_of(std::string_view id) {
  if (const auto known = known_.find(id); known != known_.end()) return known->second;
  TRY(const auto body, body_of(id));
  auto name = json_text(body, "name");
  if (!name || !is_seen(*name)) name = json_text(body, "username");
  return known_.emplace(id, name && is_seen(*name) ? std::string(*name) : std::string(id)).first->second;
}

Result<std::string, Fault> Names::person_of(std::string_view user) {
  TRY(const auto body, body_of(user));
  TRY(auto name, name_of(user));
  const auto username = text_of(body, "username");
  if (!username.empty() && username != name) name += " (" + username + ")";
  return name;
}

Result<pages::Party, Fault> Names::party_of(std::string_view id) {
  if (const auto known = parties_.find(id); known != parties_.end()) return known->second;
  TRY(const auto body, body_of(id));
  TRY(auto name, name_of(id));
  pages::Party party{.name = std::move(name), .id = text_of(body, "client_id"), .owner = {}};
  party.group = directory::kind_of_id(id) == directory::Kind::group;
  if (party.id.empty()) party.id = id;
  if (const auto owner = text_of(body, "owner"); !owner.empty()) {
    TRY(auto accountable, name_of(owner));
    party.owner = std::move(accountable);
  }
  return parties_.emplace(id, std::move(party)).first->second;
}

std::string told_in_words(const pages::Speaker& say, std::string_view token) {
  const auto claim = directory::claim_of_token(token);
  if (token == "openid") return say("That it is you: an identifier of your account");
  if (token == "profile") return say("Your name and username");
  if (token == "email" || claim == "email") return say("Your e-mail address");
  if (claim == "email_verified") return say("Whether your e-mail address was verified");
  if (claim == "name") return say("Your name");
  if (claim == "preferred_username") return say("Your username");
  if (token == "offline_access") return say("Stay connected while you are away");
  return "";
}

pages::DetailView view_of(const delegation::Detail& detail, const directory::Resource& resource, std::string_view tag) {
  pages::DetailView view;
  const auto object = parse_json_object(detail.object);
  if (!object) return view;
  view.type = json_text(*object, "type").value_or("");
  const auto* type = resource.detail_type(view.type);
  if (type == nullptr) {  // not registered any more: it gives nothing, and is shown as it is
    view.pieces = {{detail.object, true}};
    return view;
  }
  auto shown = directory::shown(*type, *object, tag);
  for (auto& piece : shown.pieces)
    view.pieces.push_back({std::move(piece.text), piece.kind == directory::Shown::Piece::Kind::value});
  view.rest = std::move(shown.rest);
  return view;
}

Result<std::vector<pages::SwitchGroup>, Fault> groups_of(const delegation::Authority& authority, App& app,
                                                         std::string_view tenant, Names& names) {
  std::vector<pages::SwitchGroup> groups;
  for (const auto& pair : authority) {
    TRY(const auto resource, app.directory.resource_by_id(tenant, pair.resource));
    pages::SwitchGroup group{.resource = pair.resource, .identifier = pair.resource};
    if (resource != nullptr) {
      group.resource = resource->name;
      group.identifier = resource->identifier;
    }
    if (!pair.onward.empty()) {
      TRY(auto onward, names.party_of(pair.onward));
      group.onward = std::move(onward);
    }
    const auto same = [&](const auto& other) {
      return other.identifier == group.identifier && other.onward.id == group.onward.id;
    };
    auto at = std::find_if(groups.begin(), groups.end(), same);
    if (at == groups.end()) at = groups.insert(groups.end(), std::move(group));
    pages::SwitchView one{.value = pair.resource + " " + pair.scope + " " + pair.onward, .scope = pair.scope};
    if (resource != nullptr)
      for (const auto& definition : resource->scopes)
        if (definition.name == pair.scope) one.description = definition.description;
    at->switches.push_back(std::move(one));
  }
  return groups;
}

}  // namespace deputy::endpoints::people
