// deputy delegation list|get|tree|revoke: who acts for whom, and the end of it.
#include "cli/commands/delegation.h"

#include <fmt/format.h>

#include <optional>
#include <ostream>

#include "base/encoding.h"
#include "cli/commands/all.h"
#include "cli/listing.h"
#include "cli/lookup.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

constexpr Kind kActors[] = {Kind::agent, Kind::application};
constexpr Kind kSubjects[] = {Kind::user, Kind::agent, Kind::application};

std::string path_of_delegation(const Line& line) { return "/delegations/" + percent_encode(line.text("DELEGATION")); }

std::string text(const json::object& object, std::string_view name) {
  return client::printable(json_text(object, name).value_or(""));
}

// "https://booking.example: read write; https://pay.example: pay (onward for agt_…)"
std::string authority_of(const json::object& delegation) {
  const auto* authority = json_member_array(delegation, "authority");
  std::string all;
  for (const json::value& item : authority == nullptr ? json::array() : *authority) {
    const auto* one = item.if_object();
    if (one == nullptr) continue;
    const auto identifier = text(*one, "identifier"), onward = text(*one, "onward");
    all += (all.empty() ? "" : "; ") + (identifier.empty() ? text(*one, "resource") : identifier) + ": " +
           text(*one, "scope") + (onward.empty() ? "" : " (onward for " + onward + ")");
  }
  return all;
}

std::string name_or_id(const json::object& delegation, std::string_view who) {
  const auto name = text(delegation, std::string(who) + "_name");
  return name.empty() ? text(delegation, who) : name;
}

// One node as a line of the tree: who, what, until when, in which state, when last.
std::string line_of(const json::object& node) {
  const auto* limits = json_member_object(node, "limits");
  const auto until = limits == nullptr ? std::string() : text(*limits, "not_after");
  const auto used = text(node, "last_used_at");
  std::string line = name_or_id(node, "actor");
  if (json_integer(node, "depth") == 0) line += " for " + name_or_id(node, "subject");
  line += "  " + authority_of(node);
  if (json_boolean(node, "put_together").value_or(false)) line += "  put together with other consents";
  if (!until.empty()) line += "  until " + until;
  return line + "  " + text(node, "state") + (used.empty() ? "  never used" : "  last used " + used) + "  " +
         text(node, "id");
}

struct Row {
  std::int64_t depth;
  std::string line;
};

// Nodes come each before its children. Where some of these are not shown, a row behind those that are says so.
std::vector<Row> rows_of(const json::array& items) {
  std::vector<Row> rows;
  std::vector<std::int64_t> cut;  // depths of open nodes with children that are not shown
  const auto close = [&](std::int64_t depth) {
    for (; !cut.empty() && cut.back() >= depth; cut.pop_back()) rows.push_back({cut.back() + 1, "…"});
  };
  for (const json::value& item : items) {
    const auto* node = item.if_object();
    if (node == nullptr) continue;
    const auto depth = json_integer(*node, "depth").value_or(0);
    close(depth);
    rows.push_back({depth, line_of(*node)});
    if (json_boolean(*node, "more").value_or(false)) cut.push_back(depth);
  }
  close(0);
  return rows;
}

// Is there another of this depth before the next shallower one?
bool has_sibling_below(const std::vector<Row>& rows, std::size_t at) {
  for (std::size_t next = at + 1; next < rows.size() && rows[next].depth >= rows[at].depth; ++next)
    if (rows[next].depth == rows[at].depth) return true;
  return false;
}

void draw(std::ostream& out, const std::vector<Row>& rows) {
  std::vector<bool> open;  // by depth: more follows below the row drawn last at it
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto depth = static_cast<std::size_t>(std::max<std::int64_t>(rows[i].depth, 0));
    open.resize(depth + 1);
    open[depth] = has_sibling_below(rows, i);
    for (std::size_t at = 1; at < depth; ++at) out << (open[at] ? "│  " : "   ");
    if (depth > 0) out << (open[depth] ? "├─ " : "└─ ");
    out << rows[i].line << '\n';
  }
}

Result<Done, Failure> list(const Line& line, Session& session) {
  TRY(const std::size_t most, limit_of(line));
  TRY(client::Api* const api, session.api());
  client::Query query;
  if (line.has("actor")) {
    TRY(const Found actor, find(*api, kActors, line.text("actor")));
    query.emplace_back("actor", actor.id);
  }
  if (line.has("subject")) {
    TRY(const Found subject, find(*api, kSubjects, line.text("subject")));
    query.emplace_back("subject", subject.id);
  }
  if (line.has("parent")) query.emplace_back("parent", line.text("parent"));
  if (line.has("subject") && line.has("parent")) return misuse("name --subject or --parent, not both");
  if (line.has("origin")) query.emplace_back("origin", line.text("origin"));
  return show_listing(
      session, {.path = "/delegations",
                .query = std::move(query),
                .what = "delegations",
                .columns = {"id", "actor_name", "subject_name", "state", "authority", "last_used_at"},
                .most = most,
                .for_people = [](json::array& items) {  // what it allows, in words
                  for (json::value& item : items)
                    if (auto* one = item.if_object()) (*one)["authority"] = authority_of(*one);
                }});
}

Result<Done, Failure> get(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(json::object document, api->get(path_of_delegation(line)));
  if (session.format() == Format::table) document["authority"] = authority_of(document);
  session.show(document);
  return Done{};
}

Result<Done, Failure> tree(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object answer, api->get(path_of_delegation(line) + "/tree"));
  const auto* items = json_member_array(answer, "items");
  if (session.format() != Format::table || items == nullptr) {
    session.show(answer);
    return Done{};
  }
  draw(session.out(), rows_of(*items));
  if (json_boolean(answer, "truncated").value_or(false))
    session.say("… more than are shown: see the tree of a delegation further down");
  return Done{};
}

Result<Done, Failure> revoke(const Line& line, Session& session) {
  const std::string path = path_of_delegation(line) + "/revoke";
  if (line.has("preview")) return preview(path, session);
  TRY(client::Api* const api, session.api());
  TRY(const Done confirmed,
      session.confirm(fmt::format("Revoke {} and all below it?{}", client::printable(line.text("DELEGATION")),
                                  ending(path, session))));
  json::object body;
  if (line.has("reason")) body["reason"] = line.text("reason");
  TRY(const json::object revoked, api->post(path, body));
  if (session.format() == Format::table)
    session.say(fmt::format("revoked {} at {}", text(revoked, "id"), text(revoked, "revoked_at")));
  else
    session.show(revoked);
  return Done{};
}

}  // namespace

Flag preview_flag() {
  return {.name = "preview", .value = "",
          .doc = "Show which delegations and tokens would end with it, and end nothing."};
}

namespace {

// "alice (usr_…): read write at https://…, 2 delegations, at most 3 tokens"
std::string minted_again(const json::object& one) {
  std::string who = text(one, "name") + " (" + text(one, "target") + ")";
  if (one.contains("kid")) who = text(one, "kid");
  else if (one.contains("from_kid")) who = "exchanged for tokens of " + text(one, "from_kid");
  else if (!one.contains("target")) who = "everybody, or somebody out of your reach";
  const bool some = one.contains("resource");
  const std::string lost = some ? text(one, "scope") + " at " + text(one, "resource") : "all tokens";
  return fmt::format("{}: {}, {} delegations, at most {} tokens", who, lost,
                     json_integer(one, "delegations").value_or(0), json_integer(one, "live_tokens_max").value_or(0));
}

// "bot (agt_…): tokens of its own: not counted, the last ends by 2026-…"
std::string own_tokens(const json::object& one) {
  const std::string who = one.contains("agent") ? text(one, "name") + " (" + text(one, "agent") + ")"
                                                : std::string("somebody out of your reach");
  return fmt::format("{}: tokens of its own: not counted, the last ends by {}", who, text(one, "live_until_max"));
}

// Each of a list in words; without any, nothing is said of it.
void put_in_words(json::object& answer, std::string_view member, std::string (*words)(const json::object&)) {
  const auto* items = json_member_array(answer, member);
  if (items == nullptr) return;
  json::array lines;
  for (const json::value& item : *items)
    if (const auto* one = item.if_object()) lines.emplace_back(words(*one));
  if (lines.empty()) answer.erase(member);
  else answer[member] = std::move(lines);
}

constexpr std::size_t told_max = 3;  // of a list, in a question

// "alice, bot and 2 more"
std::string owners_of(const json::array& own_tokens) {
  std::string names;
  for (std::size_t i = 0; i < std::min(own_tokens.size(), told_max); ++i) {
    const auto* one = own_tokens[i].if_object();
    const auto name = one == nullptr ? "" : text(*one, "name");
    names += (names.empty() ? "" : ", ") + (name.empty() ? "somebody out of your reach" : name);
  }
  return own_tokens.size() <= told_max ? names : fmt::format("{} and {} more", names, own_tokens.size() - told_max);
}

// The same as one line, for a question; empty: nothing ends.
std::string sum_of(const json::object& answer) {
  const auto* agents = json_member_array(answer, "agents");
  const auto* parts = json_member_array(answer, "minted_again");
  const auto delegations = json_integer(answer, "delegations").value_or(0);
  const auto tokens = json_integer(answer, "live_tokens_max").value_or(0);
  std::string sum;
  if (delegations > 0 || tokens > 0 || (agents != nullptr && !agents->empty()))
    sum = fmt::format("{} delegations, at most {} tokens", delegations, tokens);
  const std::size_t count = parts == nullptr ? 0 : parts->size();
  for (std::size_t i = 0; i < std::min(count, told_max); ++i)
    if (const auto* one = (*parts)[i].if_object()) sum += (sum.empty() ? "" : "; ") + minted_again(*one);
  if (const auto* own = json_member_array(answer, "own_tokens"); own != nullptr && !own->empty())
    sum += fmt::format("{}own tokens of {}", sum.empty() ? "" : "; ", owners_of(*own));
  if (count > told_max) sum += fmt::format("; and {} more", count - told_max);
  if (json_boolean(answer, "truncated").value_or(false)) sum += sum.empty() ? "" : "; and more than was counted";
  return sum;
}

// What was said to end, as a question goes on with it. What ends must not be taken for nothing where nobody knows it.
std::string in_question(const Result<std::string, Failure>& ended) {
  if (!ended) return " What would end with it is not known.";
  return ended->empty() ? "" : " It ends: " + *ended + ".";
}

// What the act would be refused as; none: nothing that the server knows is in its way.
std::optional<client::Refusal> refusal_in(const json::object& answer) {
  const auto* problem = json_member_object(answer, "would_refuse");
  if (problem == nullptr) return std::nullopt;
  const auto status = static_cast<int>(json_integer(*problem, "status").value_or(0));
  auto refusal = client::refusal_of(http::Reply{.status = status, .headers = {}, .body = json::serialize(*problem)});
  refusal.sentence = "it would be refused: " + refusal.sentence;
  return refusal;
}

Result<Done, Failure> show_preview(json::object answer, Session& session) {
  auto refusal = refusal_in(answer);
  if (session.format() == Format::table) {
    answer.erase("preview");
    answer.erase("would_refuse");
  }
  const auto* agents = json_member_array(answer, "agents");
  if (session.format() == Format::table && agents != nullptr) {
    json::array named;
    for (const json::value& item : *agents)
      if (const auto* one = item.if_object()) named.emplace_back(text(*one, "name") + " (" + text(*one, "id") + ")");
    answer["agents"] = std::move(named);
    put_in_words(answer, "own_tokens", own_tokens);
    put_in_words(answer, "minted_again", minted_again);
  }
  session.show(answer);
  if (refusal) return Fail{Failure(std::move(*refusal))};
  return Done{};
}

}  // namespace

Result<Done, Failure> preview(const std::string& path, Session& session, const json::object& body) {
  TRY(client::Api* const api, session.api());
  TRY(json::object answer, api->post(path + "?preview=true", body));
  return show_preview(std::move(answer), session);
}

Result<Done, Failure> preview_change(const std::string& path, const json::object& patch, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(json::object answer, api->patch(path + "?preview=true", patch));
  return show_preview(std::move(answer), session);
}

Result<std::string, Failure> ended_by_change(const std::string& path, const json::object& patch, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object answer, api->patch(path + "?preview=true", patch));
  return sum_of(answer);
}

Result<Done, Failure> preview_removal(const std::string& path, Session& session, std::string_view cleared) {
  TRY(client::Api* const api, session.api());
  TRY(json::object answer, api->remove(path, {{"preview", "true"}}));
  if (const auto refusal = refusal_in(answer); refusal && refusal->code == cleared) answer.erase("would_refuse");
  return show_preview(std::move(answer), session);
}

Result<std::string, Failure> ended_by_act(const std::string& path, Session& session, const json::object& body) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object answer, api->post(path + "?preview=true", body));
  return sum_of(answer);
}

Result<std::string, Failure> ended_by_removal(const std::string& path, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object answer, api->remove(path, {{"preview", "true"}}));
  return sum_of(answer);
}

std::string ending(const std::string& path, Session& session, const json::object& body) {
  return session.asks() ? in_question(ended_by_act(path, session, body)) : "";
}

std::string ending_of_removal(const std::string& path, Session& session) {
  return session.asks() ? in_question(ended_by_removal(path, session)) : "";
}

std::string ending_of_removals(const std::vector<std::string>& paths, Session& session) {
  std::string all;
  for (const std::string& path : paths) all += ending_of_removal(path, session);
  return all;
}

void add_delegation(Table& table) {
  const Argument delegation{"DELEGATION", "Its id."};
  table.push_back(
      {.words = "delegation list",
       .doc = "List the delegations within your reach, oldest first.",
       .example = "deputy delegation list --actor travel-bot",
       .flags = {{.name = "actor", .value = "AGENT|APPLICATION", .doc = "Those in which it acts."},
                 {.name = "subject", .value = "USER|AGENT|APPLICATION",
                  .doc = "Those that begin with its authority; `tree` shows what is below."},
                 {.name = "parent", .value = "DELEGATION", .doc = "Those that descend from this one directly."},
                 {.name = "origin", .value = "ORIGIN",
                  .doc = "How they came about: a person's consent, an exchange, or an agent's own authority handed on.",
                  .choices = {"consent", "exchange", "own"}},
                 limit_flag()},
       .run = list});
  table.push_back({.words = "delegation get",
                   .doc = "Show a delegation, with its state as it is now.",
                   .example = "deputy delegation get dlg_01jd0000000000000000000000",
                   .arguments = {delegation},
                   .run = get});
  table.push_back({.words = "delegation tree",
                   .doc = "Draw a delegation and all below it: who may do what, until when, and when they last did.",
                   .example = "deputy delegation tree dlg_01jd0000000000000000000000",
                   .arguments = {delegation},
                   .run = tree});
  table.push_back({.words = "delegation revoke",
                   .doc = "End a delegation and all below it; their tokens die within a second.",
                   .example = "deputy delegation revoke dlg_01jd0000000000000000000000 --reason \"trip cancelled\"",
                   .arguments = {delegation},
                   .flags = {{.name = "reason", .value = "TEXT", .doc = "Why; kept in the audit trail."},
                             preview_flag()},
                   .run = revoke});
}

}  // namespace deputy::cli
