// deputy explain: what an agent would be given for someone, by which chain, and why not more.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands/all.h"
#include "cli/lookup.h"
#include "cli/session.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

constexpr Kind kHands[] = {Kind::agent, Kind::application};
constexpr Kind kSubjects[] = {Kind::user, Kind::agent, Kind::application};

Result<json::object, Failure> question_of(const Line& line, client::Api& api) {
  TRY(const Found actor, find(api, kHands, line.text("actor")));
  TRY(const Found subject, find(api, kSubjects, line.text("subject")));
  json::array through;
  for (const auto& one : line.all("through")) {
    TRY(const Found hand, find(api, kHands, one));
    through.emplace_back(hand.id);
  }
  json::object question{{"actor", actor.id}, {"subject", subject.id}, {"resource", line.text("resource")}};
  if (!through.empty()) question["through"] = std::move(through);
  if (line.has("scope")) question["scope"] = line.text("scope");
  if (line.has("acr")) question["acr"] = line.text("acr");
  return question;
}

void tell(const json::object& answer, std::ostream& out) {
  const auto text = [](const json::object& from, std::string_view name) {
    return client::printable(json_text(from, name).value_or(""));
  };
  if (json_boolean(answer, "issued").value_or(false))
    out << fmt::format("issued: {}, for {} s\n", text(answer, "scope"), json_integer(answer, "expires_in").value_or(0));
  else
    out << "not issued\n";
  if (const auto* obstacles = json_member_array(answer, "obstacles"))
    for (const json::value& one : *obstacles) out << "  because " << cell(one) << '\n';
  if (const auto* demands = json_member_array(answer, "demands"))
    for (const json::value& one : *demands) out << "  and " << cell(one) << '\n';
  if (const auto* assumed = json_member_array(answer, "assumed"))
    for (const json::value& one : *assumed) out << "  if " << cell(one) << '\n';
  if (const auto* dropped = json_member_array(answer, "dropped"))
    for (const json::value& one : *dropped)
      if (const auto* scope = one.if_object())
        out << fmt::format("  without {}: {}\n", text(*scope, "scope"), text(*scope, "reason"));
  if (const auto* chain = json_member_array(answer, "chain"); chain != nullptr && !chain->empty()) {
    std::string actors;
    for (const json::value& one : *chain) actors += (actors.empty() ? "" : " ← ") + cell(one);
    out << "  acting: " << actors << '\n';
  }
}

Result<Done, Failure> explain(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object question, question_of(line, *api));
  TRY(const json::object answer, api->post("/explain", question));
  if (session.format() == Format::table)
    tell(answer, session.out());
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
