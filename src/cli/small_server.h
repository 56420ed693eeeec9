// SmallServer: as much of /v1 as the command line needs to be tried against, in memory, by the directory's own rules.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/id.h"
#include "cli/test_world.h"
#include "directory/agent_type.h"
#include "directory/filter.h"
#include "directory/noun.h"

namespace deputy::cli::test {

class SmallServer final : public client::Transport {
 public:
  using Kind = directory::Kind;

  Result<http::Reply, Fault> send(const http::Call& call) override {
    const std::string origin = "https://id.test";
    if (call.url == origin + "/.well-known/oauth-authorization-server")
      return reply(200, {{"issuer", origin}, {"token_endpoint", origin + "/token"}, {"jwks_uri", origin + "/jwks"}});
    if (call.url == origin + "/token")
      return reply(200, {{"access_token", "t"}, {"token_type", "Bearer"}, {"expires_in", 300}});
    std::string rest = call.url.substr(origin.size() + 3);
    std::string query;
    if (const auto mark = rest.find('?'); mark != std::string::npos) {
      query = rest.substr(mark + 1);
      rest.resize(mark);
    }
    std::vector<std::string> parts;
    for (std::size_t from = 1; from <= rest.size();) {
      const auto end = std::min(rest.find('/', from), rest.size());
      parts.push_back(percent_decode(std::string_view(rest).substr(from, end - from)).value());
      from = end + 1;
    }
    if (query == "preview=true") return reply(200, preview);
    if (lose_at != 0 && changes >= lose_at) return gone();
    if (call.method != "GET") ++changes;
    else ++reads[parts[0]];
    if (fail_at != 0 && changes == fail_at) return problem(403, "not now");
    auto answered = answer(call, parts, query);
    if (lose_at != 0 && changes >= lose_at) return gone();
    return answered;
  }
  Result<http::Reply, Fault> stream(const http::Call& call, const std::function<bool(std::string_view)>&) override {
    return send(call);
  }
  void wait(Millis) override {}

  std::set<std::string> hidden;  // plurals of kinds that the caller may not read
  std::map<std::string, json::object> records;  // by id; members are records of kind membership
  int changes = 0;
  std::map<std::string, int> reads;  // by the plural of what was read
  int fail_at = 0;  // the change that fails; 0: none
  int lose_at = 0;  // the change that is made, whose answer and every later one is lost; 0: none
  json::object preview{{"delegations", 0}, {"agents", json::array()}, {"live_tokens_max", 0}};  // of any change

 private:
  static Fail<Fault> gone() { return Fail{Fault{Fault::Kind::unavailable, "no answer"}}; }
  static http::Reply reply(int status, const json::object& body) { return {status, {}, json::serialize(body)}; }
  static http::Reply problem(int status, std::string_view detail, const std::string& code = "refused") {
    return reply(status, {{"type", "https://docs.test/errors.md#" + code}, {"status", status}, {"detail", detail}});
  }

  static http::Reply invalid(const directory::FieldProblem& problem) {
    return reply(400, {{"type", "https://docs.test/errors.md#refused"}, {"status", 400}, {"detail", problem.sentence},
                       {"field", problem.field}});
  }

  std::string fresh(std::string_view prefix) { return make_id(prefix, clock_.now(), random_); }

  bool referred_to(const std::string& id) const {
    for (const auto& [other, record] : records) {
      const auto kind = directory::kind_of_id(other);
      if (kind == Kind::membership && json_text(record, "group") == id) return true;
      const auto* noun = kind ? directory::noun_of(*kind) : nullptr;
      if (noun == nullptr || other == id) continue;
      for (const auto& reference : directory::references_of(*noun, record))
        if (reference.id == id && !noun->field(reference.field)->may_dangle) return true;
    }
    return false;
  }

  // What lies above: an organization's parent, the groups that a group is in.
  bool lies_above(const std::string& id, const std::string& other) const {
    if (id == other) return true;
    for (const auto& [held, record] : records) {
      const bool in_it = directory::kind_of_id(held) == Kind::membership && json_text(record, "member") == other;
      const auto up = in_it ? json_text(record, "group") : held == other ? json_text(record, "parent") : std::nullopt;
      if (up && lies_above(id, std::string(*up))) return true;
    }
    return false;
  }

  // What the rules of a kind do not say of one document alone.
  std::optional<http::Reply> wrong(Kind kind, const std::string& id, const json::object& document) const {
    if (const auto parent = json_text(document, "parent"); parent && lies_above(id, std::string(*parent)))
      return problem(400, "an organization cannot lie below itself");
    if (const auto type = json_text(document, "type"); type && kind == Kind::agent) {
      const auto* attributes = json_member_object(document, "attributes");
      const auto rules = directory::rules_of(records.at(std::string(*type)));
      if (const auto found = directory::check_attributes(rules, attributes != nullptr ? *attributes : json::object()))
        return invalid(*found);
    }
    const auto& noun = directory::noun(kind);
    for (const auto& entry : directory::index_entries(noun, document))
      for (const auto& [other, record] : records)
        if (entry.unique && other != id && directory::kind_of_id(other) == kind)
          for (const auto& held : directory::index_entries(noun, record))
            if (held.name == entry.name && held.value == entry.value) return problem(409, entry.name + ": not unique");
    return std::nullopt;
  }

  Result<http::Reply, Fault> answer(const http::Call& call, const std::vector<std::string>& parts,
                                    const std::string& query) {
    const directory::KindRow* row = nullptr;
    for (const auto& one : directory::kinds)
      if (!one.plural.empty() && one.plural == parts[0]) row = &one;
    if (row == nullptr) return problem(404, "no such path");
    if (hidden.contains(parts[0])) return problem(403, "not in your scope", "insufficient_scope");
    const auto body = parse_json_object(call.body.empty() ? "{}" : call.body);
    if (parts.size() == 1) return call.method == "GET" ? list(*row, query) : create(*row, *body);
    const auto found = records.find(parts[1]);
    if (found == records.end()) return problem(404, "no such record");
    if (parts.size() == 2) return one(call, *row, found->first, *body);
    if (parts[2] == "members") return members(call, parts, *body);
    if (parts[2] == "transfer") found->second["owner"] = body->at("owner");
    if (parts[2] == "revoke") found->second["state"] = "revoked";
    if (parts[2] == "suspend") found->second["state"] = "suspended";
    found->second["version"] = found->second["version"].as_int64() + 1;
    return reply(200, found->second);
  }

  http::Reply list(const directory::KindRow& row, const std::string& query) {
    json::array items;
    std::optional<directory::Filter> wanted;
    if (const auto at = query.find("filter="); at != std::string::npos)
      wanted = directory::Filter::parse(form_decode(query.substr(at + 7, query.find('&', at) - at - 7)).value()).take();
    for (const auto& [id, record] : records)
      if (directory::kind_of_id(id) == row.kind && (!wanted || wanted->matches(record))) items.push_back(record);
    return reply(200, {{"items", items}});
  }

  http::Reply create(const directory::KindRow& row, const json::object& body) {
    const auto& noun = directory::noun(row.kind);
    auto document = directory::check_new(noun, body);
    if (!document) return invalid(document.error());
    for (const auto& reference : directory::references_of(noun, *document))
      if (!records.contains(reference.id)) return problem(400, reference.field + " names nothing that is here");
    const std::string id = fresh(row.prefix);
    if (const auto refused = wrong(row.kind, id, *document)) return *refused;
    json::object record{{"id", id}, {"version", 1}, {"created_at", rfc3339(clock_.now())}};
    for (const auto& [name, value] : *document) record[name] = value;
    records[id] = record;
    return reply(201, record);
  }

  http::Reply one(const http::Call& call, const directory::KindRow& row, const std::string& id,
                  const json::object& body) {
    json::object& record = records[id];
    if (call.method == "GET") return reply(200, record);
    if (call.method == "DELETE") {
      if (row.kind == Kind::agent && json_text(record, "state") != "revoked") return problem(409, "revoke it first");
      if (referred_to(id)) return problem(409, "something refers to it");
      const std::string gone = id;  // its memberships go with it
      std::erase_if(records, [&](const auto& one) { return json_text(one.second, "member") == gone; });
      records.erase(gone);
      return {204, {}, ""};
    }
    for (const auto& [name, value] : call.headers)
      if (name == "If-Match" && value != "\"" + std::to_string(record["version"].as_int64()) + "\"")
        return problem(412, "another version");
    if (row.kind == Kind::agent && json_text(record, "state") == "revoked") return problem(409, "it is revoked");
    json::object stored;
    for (const auto& field : directory::noun(row.kind).fields)
      if (record.contains(field.name)) stored[field.name] = record[field.name];
    const auto changed = directory::check_patch(directory::noun(row.kind), stored, body);
    if (!changed) return invalid(changed.error());
    if (const auto refused = wrong(row.kind, id, *changed)) return *refused;
    json::object next{{"id", id}, {"version", record["version"].as_int64() + 1}};
    for (const auto& [name, value] : *changed) next[name] = value;
    record = next;
    return reply(200, record);
  }

  http::Reply members(const http::Call& call, const std::vector<std::string>& parts, const json::object& body) {
    json::array items;
    for (const auto& [id, record] : records) {
      if (directory::kind_of_id(id) != Kind::membership || json_text(record, "group") != parts[1]) continue;
      if (call.method == "DELETE" && json_text(record, "member") == parts[3]) {
        records.erase(id);
        return {204, {}, ""};
      }
      items.push_back(record);
    }
    if (call.method == "GET") return reply(200, {{"items", items}});
    if (call.method == "DELETE") return problem(404, "no such member");
    if (lies_above(std::string(body.at("member").as_string()), parts[1])) return problem(400, "a group inside itself");
    const std::string id = fresh("mem");
    records[id] = {{"id", id}, {"group", parts[1]}, {"member", body.at("member")}};
    return reply(201, records[id]);
  }

  StillClock clock_;
  CountingRandom random_;
};

}  // namespace deputy::cli::test
