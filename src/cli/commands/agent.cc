// deputy agent get|list|suspend|resume|revoke|transfer|rotate|owners: an agent's life after its registration.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands/access.h"
#include "cli/commands/agent.h"
#include "cli/commands/credential.h"
#include "cli/commands/delegation.h"
#include "cli/commands/noun.h"
#include "cli/names.h"
#include "cli/times.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

constexpr Kind kOwners[] = {Kind::user, Kind::group};

struct Transition {
  std::string verb, doc, question;  // an empty question: nothing is lost, nothing is asked
};
const Transition kTransitions[] = {
    {"suspend", "Stop an agent until it is resumed; its tokens die within a second.", "Suspend agent {}?"},
    {"resume", "Let a suspended agent act again. What an administrator suspended, an administrator resumes.", ""},
    {"revoke", "Stop an agent for good, with all that descends from it.", "Revoke agent {} for good?"},
};

std::string name_of(const json::object& agent) { return client::printable(json_text(agent, "name").value_or("")); }

Result<Done, Failure> change_state(const Transition& transition, const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object agent, read(*api, Kind::agent, line.text("AGENT")));
  const std::string id(json_text(agent, "id").value_or(""));
  const std::string path = path_of(Kind::agent, id) + "/" + transition.verb;
  if (line.has("preview")) return preview(path, session);
  if (!transition.question.empty()) {
    const std::string name = fmt::format("{} ({})", name_of(agent), id);
    TRY(const Done confirmed,
        session.confirm(fmt::format(fmt::runtime(transition.question), name) + ending(path, session)));
  }
  json::object body;
  if (line.has("reason")) body["reason"] = line.text("reason");
  TRY(const json::object changed, api->post(path, body));
  session.show(changed);
  return Done{};
}

Result<Done, Failure> transfer(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const std::string id, find(*api, Kind::agent, line.text("AGENT")));
  TRY(const Found owner, find(*api, kOwners, line.text("owner")));
  const std::string path = path_of(Kind::agent, id) + "/transfer";
  json::object body{{"owner", owner.id}};
  if (line.has("end-credentials")) body["end_credentials"] = true;
  if (line.has("preview")) return preview(path, session, body);
  if (session.asks()) {
    TRY(const json::object agent, api->get(path_of(Kind::agent, id)));
    TRY(const Done confirmed,
        session.confirm(fmt::format("Transfer agent {} ({}) to {}? Tokens that name its owner of now die, people are "
                                    "asked for their consent again, and its credentials {}.{}",
                                    name_of(agent), id, client::printable(line.text("owner")),
                                    line.has("end-credentials") ? "end" : "go on", ending(path, session, body))));
  }
  TRY(const json::object changed, api->post(path, body));
  session.show(changed);
  return Done{};
}

Result<Done, Failure> rotate(const Line& line, Session& session) {
  TRY(SecretFile secret_file, make_secret_file(line));
  TRY(client::Api* const api, session.api());
  TRY(const std::string id, find(*api, Kind::agent, line.text("AGENT")));
  return rotate_credential({Kind::agent, id}, line.text("CREDENTIAL"), line, std::move(secret_file), session);
}

Result<Done, Failure> owners(const Line& line, Session& session) {
  client::Query query;
  if (line.has("at")) {
    const auto at = past_instant_of(line.text("at"), session.world().clock.now());
    if (!at) return misuse("--at takes an instant such as 2026-11-30T12:00:00Z, or how long ago: 1h");
    query.emplace_back("at", *at);
  }
  TRY(client::Api* const api, session.api());
  TRY(const std::string id, find(*api, Kind::agent, line.text("AGENT")));
  TRY(const json::object answer, api->get(path_of(Kind::agent, id) + "/owners", query));
  const json::array* found = json_member_array(answer, "items");
  json::array items = found == nullptr ? json::array{} : *found;
  if (session.format() == Format::table) {
    constexpr std::string_view named[] = {"owner"};
    Names names(*api);
    put_names(items, named, names);
  }
  session.show(items, {"owner", "from", "until"});
  return Done{};
}

}  // namespace

void add_agent(Table& table) {
  const Argument agent{"AGENT", std::string(named_by(Kind::agent))};
  table.push_back(agent_create_command());
  table.push_back(get_command(Kind::agent));
  table.push_back(list_command(Kind::agent));
  table.push_back(access_command(Kind::agent));
  table.push_back(update_command(Kind::agent));
  for (const Transition& transition : kTransitions) {
    std::vector<Flag> flags{{.name = "reason", .value = "TEXT", .doc = "Why; kept in the audit trail."}};
    if (!transition.question.empty()) flags.push_back(preview_flag());
    table.push_back({.words = "agent " + transition.verb,
                     .doc = transition.doc,
                     .example = fmt::format("deputy agent {} travel-bot", transition.verb),
                     .arguments = {agent},
                     .flags = std::move(flags),
                     .run = [&transition](const Line& line, Session& session) {
                       return change_state(transition, line, session);
                     }});
  }
  table.push_back({.words = "agent transfer",
                   .doc = "Make someone else accountable for an agent: its consents end. Who was stays on record.",
                   .example = "deputy agent transfer travel-bot --owner user/bob",
                   .arguments = {agent},
                   .flags = {{.name = "owner",
                              .value = "USER|GROUP",
                              .doc = "Who is accountable from now on.",
                              .need = Flag::Need::required},
                             {.name = "end-credentials",
                              .doc = "End its secrets and keys as well: whoever had them opens nothing any more."},
                             preview_flag()},
                   .run = transfer});
  table.push_back({.words = "agent rotate",
                   .doc = "Give an agent a new secret, and let the old one retire.",
                   .example = "deputy agent rotate travel-bot --overlap 1h --secret-file travel-bot.secret",
                   .arguments = {agent,
                                 {"CREDENTIAL", "Its id or its label; needed where several live and are not replaced.",
                                  Argument::Need::optional}},
                   .flags = {overlap_flag(), fresh_expiry_flag(), secret_file_flag()},
                   .run = rotate});
  table.push_back({.words = "agent owners",
                   .doc = "Show who is and was accountable for an agent.",
                   .example = "deputy agent owners travel-bot --at 2026-11-30T12:00:00Z",
                   .arguments = {agent},
                   .flags = {{.name = "at", .value = "WHEN", .doc = "Who was at this instant only."}},
                   .run = owners});
  table.push_back(agent_delete_command());
}

}  // namespace deputy::cli
