// deputy token exchange: a token for a token (RFC 8693): narrower, handed on, or drawn from one that was received.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ostream>

#include "cli/commands/token.h"
#include "cli/files.h"
#include "cli/lookup.h"
#include "cli/times.h"
#include "cli/yaml.h"

namespace deputy::cli {
namespace {

constexpr std::string_view kTokenType = "urn:ietf:params:oauth:token-type:";

// "expires_in=1h,max_depth=3,uses=10"
Result<json::object, Failure> limits_of(const std::string& text) {
  const auto wrong = [] { return misuse("--limits takes expires_in=1h, max_depth=3, uses=10, or some of them"); };
  json::object limits{{"type", "limits"}};
  for (std::size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find(',', from), text.size());
    const std::string one = text.substr(from, end - from);
    from = end + 1;
    const auto equals = one.find('=');
    if (equals == std::string::npos) return wrong();
    const std::string name = one.substr(0, equals), value = one.substr(equals + 1);
    if (name != "expires_in" && name != "max_depth" && name != "uses") return wrong();
    const auto duration = name == "expires_in" ? duration_of(value) : std::nullopt;
    std::int64_t number = duration ? duration->count() : 0;
    if (!duration) {
      const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc() || rest != value.data() + value.size()) return wrong();
    }
    limits[name] = number;
  }
  return limits;
}

// Whoever exchanges may not be able to read who bears a name.
bool is_actor_id(std::string_view text) { return text.starts_with("agt_") || text.starts_with("app_"); }

// "agt_…=https://booking.example=read write": a resource's URI may hold '=', an id and scopes cannot.
Result<json::object, Failure> onward_of(const std::string& text) {
  const auto first = text.find('='), last = text.rfind('=');
  if (first == std::string::npos || first == last || !is_actor_id(text))
    return misuse("--onward takes AGENT_ID=RESOURCE=SCOPES");
  return json::object{{"type", "onward"},
                      {"actor", text.substr(0, first)},
                      {"resource", text.substr(first + 1, last - first - 1)},
                      {"scope", text.substr(last + 1)}};
}

// Of types that resources register: one object, or a list of them.
Result<json::array, Failure> details_in(const std::string& path, Session& session) {
  TRY(const std::string text, read_input(path, session.world()));
  auto documents = parse_yaml(text);  // JSON is YAML
  json::array details;
  if (documents && documents->size() == 1) {
    const json::value& value = documents->front().value;
    if (value.is_array()) details = value.get_array();
    if (value.is_object()) details.push_back(value);
  }
  const auto is_object = [](const json::value& one) { return one.is_object(); };
  if (details.empty() || !std::all_of(details.begin(), details.end(), is_object))
    return misuse("--details takes a YAML or JSON file: an object with a type, or a list of such (RFC 9396 section 2)");
  return details;
}

Result<json::array, Failure> details_of(const Line& line, Session& session) {
  json::array details;
  if (line.has("details")) {
    TRY(json::array drawn, details_in(line.text("details"), session));
    details = std::move(drawn);
  }
  for (const auto& text : line.all("onward")) {
    TRY(json::object onward, onward_of(text));
    details.push_back(std::move(onward));
  }
  if (line.has("limits")) {
    TRY(json::object limits, limits_of(line.text("limits")));
    details.push_back(std::move(limits));
  }
  return details;
}

Result<client::Query, Failure> parameters_of(const Line& line, Session& session) {
  const auto from_input = [&](const char* flag) { return line.has(flag) && line.text(flag) == "-"; };
  if (from_input("subject-token-file") + from_input("actor-token-file") + from_input("details") > 1)
    return misuse("only one of the files fits on standard input");
  TRY(const std::string subject, read_token(line.text("subject-token-file"), session));
  const std::string type = line.has("subject-token-type") ? line.text("subject-token-type") : "access_token";
  client::Query parameters{{"subject_token", subject}, {"subject_token_type", std::string(kTokenType) + type}};
  if (line.has("actor-token-file")) {
    TRY(const std::string actor, read_token(line.text("actor-token-file"), session));
    parameters.emplace_back("actor_token", actor);
    parameters.emplace_back("actor_token_type", std::string(kTokenType) + "access_token");
  }
  if (line.has("actor")) {
    const std::string actor = line.text("actor");
    if (!is_actor_id(actor))
      return misuse("--actor takes an id, agt_… or app_…: `deputy agent get NAME` shows an agent's");
    parameters.emplace_back("requested_actor", actor);
  }
  if (line.has("resource")) parameters.emplace_back("resource", line.text("resource"));
  if (line.has("scope")) parameters.emplace_back("scope", line.text("scope"));
  TRY(const json::array details, details_of(line, session));
  if (!details.empty()) parameters.emplace_back("authorization_details", json::serialize(details));
  return parameters;
}

Result<Done, Failure> exchange(const Line& line, Session& session) {
  TRY(client::Query parameters, parameters_of(line, session));
  TRY(client::Api* const api, connect_client(line, session));
  for (auto& [name, value] : parameters)
    if (name == "resource") value = uri_of(*api, value);
  return show_token(api->exchange(parameters), line, session);
}

}  // namespace

Command token_exchange_command() {
  return {.words = "token exchange",
          .doc = "Exchange a token: for a narrower one, for one of an agent it is handed on to, or for one of your own "
                 "where you received it. Prints the token and nothing else.",
          .example = "deputy token exchange --subject-token-file received.token --resource https://booking.example",
          .flags = {{.name = "subject-token-file", .value = "FILE",
                     .doc = "The token, on a line of its own; - for standard input.", .need = Flag::Need::required},
                    {.name = "subject-token-type", .value = "TYPE",
                     .doc = "What it is, access_token if not named: a trusted issuer's is a jwt, an id_token, "
                            "or an access_token where its typ is at+jwt.",
                     .choices = {"access_token", "jwt", "id_token"}},
                    {.name = "actor", .value = "ID", .doc = "Hand it on to this agent, one of the client's delegates."},
                    {.name = "actor-token-file", .value = "FILE",
                     .doc = "A token of the agent it is handed on to, or of who handed it to you."},
                    {.name = "resource", .value = "URI",
                     .doc = "What the new token is for; what the old one was for if not named."},
                    {.name = "scope", .value = "SCOPES",
                     .doc = "What it may do there; all that there is if not named."},
                    {.name = "details", .value = "FILE",
                     .doc = "What to draw of the details that a person agreed to (RFC 9396), YAML or JSON; all of them "
                            "if not named."},
                    {.name = "limits", .value = "LIMITS",
                     .doc = "Bounds of the new delegation, such as expires_in=1h,max_depth=3,uses=10."},
                    {.name = "onward", .value = "ID=RESOURCE=SCOPES",
                     .doc = "What the agent that is called may draw further.", .times = Flag::Times::many},
                    client_id_flag(), client_secret_flag(), dpop_flag()},
          .run = exchange};
}

}  // namespace deputy::cli
