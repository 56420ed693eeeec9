// Of each resource a row for what one does for itself and one for others; for a script, what the server says.
#include "cli/commands/access.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/noun.h"
#include "cli/names.h"
#include "cli/session.h"

namespace deputy::cli {
namespace {

constexpr std::string_view kElsewhere[] = {"group", "organization"};

template <class Visit>
void each_object(const json::array* list, const Visit& visit) {
  if (list == nullptr) return;
  for (const json::value& one : *list)
    if (const auto* object = one.if_object()) visit(*object);
}

// The groups and organizations that are spoken of.
void learn_names(const json::array& items, Names& names) {
  std::vector<std::string> ids;
  each_object(&items, [&](const json::object& item) {
    each_object(json_member_array(item, "by"), [&](const json::object& way) {
      for (const auto member : kElsewhere)
        if (const auto id = json_text(way, member)) ids.emplace_back(*id);
    });
  });
  names.learn(ids);
}

// "reader", "reader by group/on-call", "administrator in organization/acme"; "a role": who asks may not see which.
std::string words_of(const json::object& way, const Names& names) {
  if (json_boolean(way, "every_user").value_or(false)) return "every user";
  std::string words(json_text(way, "role_name").value_or(json_text(way, "role").value_or("a role")));
  if (const auto group = json_text(way, "group")) words += " by " + names.of(*group);
  if (const auto organization = json_text(way, "organization")) words += " in " + names.of(*organization);
  return words;
}

json::array ways_of(const json::object& item, std::string_view acts, const Names& names) {
  json::array ways;
  each_object(json_member_array(item, "by"), [&](const json::object& way) {
    if (json_text(way, "acts") != acts) return;
    json::value words(words_of(way, names));
    if (std::find(ways.begin(), ways.end(), words) == ways.end()) ways.push_back(std::move(words));
  });
  if (json_boolean(item, "more").value_or(false)) ways.emplace_back("…");
  return ways;
}

std::string scopes_dropped(const json::object& part) {
  std::string scopes;
  each_object(json_member_array(part, "dropped"), [&](const json::object& one) {
    scopes.append(scopes.empty() ? "" : " ").append(json_text(one, "scope").value_or(""));
  });
  return scopes;
}

json::array rows_of(const json::array& items, const Names& names) {
  json::array rows;
  each_object(&items, [&](const json::object& item) {
    for (const std::string_view acts : {"self", "others"}) {
      const auto* part = json_member_object(item, acts);
      if (part == nullptr) continue;
      const bool no_ceiling = json_text(*part, "ceiling") == "any";
      const auto* obstacles = json_member_array(*part, "obstacles");
      rows.push_back(json::object{
          {"identifier", json_text(item, "identifier").value_or("any resource")},
          {"acts", acts},
          {"scope", json_text(*part, "scope").value_or("")},
          {"dropped", scopes_dropped(*part)},
          {"by", no_ceiling ? json::array{"no ceiling"} : ways_of(item, acts, names)},
          {"obstacles", obstacles == nullptr ? json::array() : *obstacles}});
    }
  });
  return rows;
}

Result<Done, Failure> access(Kind kind, const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const std::string id, find(*api, kind, line.text(argument_of(kind))));
  TRY(json::array items, api->list(path_of(kind, id) + "/access", {}, [&](std::size_t count) {
    session.progress(fmt::format("{} resources read", count));
  }));
  session.end_progress();
  if (session.format() == Format::table) {
    Names names(*api);
    learn_names(items, names);
    items = rows_of(items, names);
  }
  session.show(items, {"identifier", "acts", "scope", "dropped", "by", "obstacles"});
  return Done{};
}

}  // namespace

Command access_command(Kind kind) {
  return {.words = word_of(kind) + " access",
          .doc = fmt::format("Show what {} can reach: the scopes at each resource, and by which roles.",
                             with_article(kind)),
          .example = fmt::format("deputy {} access {}", word_of(kind),
                                 kind == Kind::agent ? "travel-bot" : kind == Kind::user ? "alice" : "portal"),
          .arguments = {{argument_of(kind), std::string(named_by(kind))}},
          .run = [kind](const Line& line, Session& session) { return access(kind, line, session); }};
}

}  // namespace deputy::cli
