// deputy explain: what an agent would be given for someone, by which chain, and why not more.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>

#include "cli/commands/all.h"
#include "cli/lookup.h"
#include "cli/session.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

constexpr Kind kHands[] = {Kind::agent, Kind::application};
constexpr Kind kResources[] = {Kind::resource};
constexpr Kind kSubjects[] = {Kind::user, Kind::agent, Kind::application};

using Names = std::map<std::string, std::string>;  // by id: what the line calls them

Result<std::string, Failure> id_of(client::Api& api, std::span<const Kind> kinds, const std::string& text,
                                   Names& names) {
  TRY(const Found found, find(api, kinds, text));
  names.emplace(found.id, client::printable(text));
  return found.id;
}

// The server is asked by the URI; of whoever may not read resources, by their ids, it is not known which this is.
void name_resource(const std::string& uri, client::Api& api, Names& names) {
  if (const auto id = find(api, Kind::resource, uri)) names.emplace(*id, client::printable(uri));
}

Result<json::object, Failure> question_of(const Line& line, client::Api& api, Names& names) {
  TRY(const std::string actor, id_of(api, kHands, line.text("actor"), names));
  TRY(const std::string subject, id_of(api, kSubjects, line.text("subject"), names));
  json::array through;
  for (const auto& one : line.all("through")) {
    TRY(const std::string hand, id_of(api, kHands, one, names));
    through.emplace_back(hand);
  }
  json::object question{{"actor", actor}, {"subject", subject}, {"resource", uri_of(api, line.text("resource"))}};
  if (!through.empty()) question["through"] = std::move(through);
  if (line.has("scope")) question["scope"] = line.text("scope");
  if (line.has("acr")) question["acr"] = line.text("acr");
  return question;
}

// The server's sentences speak of ids; whoever asked by names reads those.
std::string in_names(std::string sentence, const Names& names) {
  for (const auto& [id, name] : names)
    for (auto at = sentence.find(id); at != std::string::npos; at = sentence.find(id, at + name.size()))
      sentence.replace(at, id.size(), name);
  return sentence;
}

void tell(const json::object& answer, const Names& names, std::ostream& out) {
  const auto said = [&](const json::value& one) { return in_names(cell(one), names); };
  const auto text = [](const json::object& from, std::string_view name) {
    return client::printable(json_text(from, name).value_or(""));
  };
  if (json_boolean(answer, "issued").value_or(false))
    out << fmt::format("issued: {}, for {} s\n", text(answer, "scope"), json_integer(answer, "expires_in").value_or(0));
  else
    out << "not issued\n";
  if (const auto* obstacles = json_member_array(answer, "obstacles"))
    for (const json::value& one : *obstacles) out << "  because " << said(one) << '\n';
  if (const auto* demands = json_member_array(answer, "demands"))
    for (const json::value& one : *demands) out << "  and " << said(one) << '\n';
  if (const auto* assumed = json_member_array(answer, "assumed"))
    for (const json::value& one : *assumed) out << "  if " << said(one) << '\n';
  if (const auto* dropped = json_member_array(answer, "dropped"))
    for (const json::value& one : *dropped)
      if (const auto* scope = one.if_object())
        out << fmt::format("  without {}: {}\n", text(*scope, "scope"), in_names(text(*scope, "reason"), names));
  if (const auto* chain = json_member_array(answer, "chain"); chain != nullptr && !chain->empty()) {
    std::string actors;
    for (const json::value& one : *chain) actors += (actors.empty() ? "" : " ← ") + said(one);
    out << "  acting: " << actors << '\n';
  }
}

// The server compares it as a string and says nothing of one that it does not know.
void tell_of_unknown_acr(const std::string& acr, client::Api& api, Session& session) {
  const auto server = api.server();
  if (!server || server->acr_values.empty()) return;
  if (std::find(server->acr_values.begin(), server->acr_values.end(), acr) != server->acr_values.end()) return;
  session.err() << fmt::format("deputy: note: nobody signs in here with that acr; there are: {}\n",
                               client::printable(fmt::format("{}", fmt::join(server->acr_values, ", "))));
}

Result<json::object, Failure> answer_of(const json::object& question, const Line& line, client::Api& api) {
  auto answer = api.post("/explain", question);
  if (answer) return std::move(answer).take();
  const auto& why = answer.error();
  if (why.code == "missing_reference" && why.field == "resource")
    return refuse(none_called(kResources, line.text("resource")));
  return Fail{Failure(why)};
}

Result<Done, Failure> explain(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  Names names;
  TRY(const json::object question, question_of(line, *api, names));
  if (session.format() == Format::table) name_resource(line.text("resource"), *api, names);
  TRY(const json::object answer, answer_of(question, line, *api));
  if (line.has("acr")) tell_of_unknown_acr(line.text("acr"), *api, session);
  if (session.format() == Format::table)
    tell(answer, names, session.out());
  else
    session.show(answer);
  if (!json_boolean(answer, "issued").value_or(false)) return refuse("");  // all is said
  return Done{};
}

}  // namespace

void add_explain(Table& table) {
  table.push_back(
      {.words = "explain",
       .doc = "Show what an agent would be given for a subject, and why not more; nothing is issued. That a user "
              "agrees to it is taken as given, and said so. Exit status 1 when it would be given nothing.",
       .example = "deputy explain --actor booking-bot --subject user/alice --through travel-bot --resource "
                  "https://booking.example",
       .flags = {{.name = "actor", .value = "AGENT|APPLICATION", .doc = "Who would act.",
                  .need = Flag::Need::required},
                 {.name = "subject", .value = "USER|AGENT|APPLICATION", .doc = "Whose authority it would be.",
                  .need = Flag::Need::required},
                 {.name = "through", .value = "AGENT",
                  .doc = "An agent it passes through, the one nearest to the subject first.",
                  .times = Flag::Times::many},
                 {.name = "resource", .value = "URI", .doc = "What the token would be for.",
                  .need = Flag::Need::required},
                 {.name = "scope", .value = "SCOPES",
                  .doc = "What it is to do there; all that there is if not named."},
                 {.name = "acr", .value = "ACR",
                  .doc = "How the user would have signed in, just now; nothing is known of it if not named."}},
       .run = explain});
}

}  // namespace deputy::cli
