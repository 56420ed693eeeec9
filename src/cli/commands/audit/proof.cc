// deputy audit proof: that an event is in the log, by arithmetic done here and not by the server's word.
#include <fmt/format.h>

#include <ostream>

#include "audit/verify.h"
#include "base/id.h"
#include "cli/commands/audit/audit.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

constexpr int kTries = 4;  // an event is sealed within a second

Result<json::object, Failure> fetch(client::Api& api, Session& session, const client::Query& query) {
  for (int tried = 1;; ++tried) {
    auto answer = api.get("/audit/inclusion", query);
    if (answer) return std::move(answer).take();
    if (answer.error().code != "wrong_state" || tried == kTries) return std::move(answer).fail();
    session.wait(Seconds(1));
  }
}

std::optional<audit::Path> path_in(const json::object& answer) {
  const auto* nodes = json_member_array(answer, "path");
  if (nodes == nullptr) return std::nullopt;
  audit::Path path;
  for (const auto& node : *nodes) {
    const auto hash = node.is_string() ? audit::hash_in(node.get_string()) : std::nullopt;
    if (!hash) return std::nullopt;
    path.push_back(*hash);
  }
  return path;
}

// The event of a token has the token's id, but for the prefix (docs/adr/0003).
std::string event_of(const std::string& id) { return is_id("evt", id) ? id : "evt" + id.substr(id.find('_')); }

struct Proved {
  std::string log;
  std::uint64_t seq = 0, size = 0;
  bool body = false;  // the event itself was there to be hashed; if not, a leaf alone does not say whose it is
};

// What of the answer holds, by the keys alone, of the event that was asked for.
Result<Proved, Failure> check(const json::object& answer, const std::vector<audit::NoteKey>& keys,
                              const std::string& event) {
  const auto leaf = audit::hash_in(json_text(answer, "leaf").value_or(""));
  const auto seq = json_integer(answer, "seq");
  const auto path = path_in(answer);
  const auto note = json_text(answer, "checkpoint");
  if (!leaf || !seq || *seq < 1 || !path) return refuse("the server's proof cannot be read");
  if (!note) return refuse("no checkpoint of that size is kept; leave --size away");
  const auto opened = audit::open_checkpoint(*note, keys);
  if (!opened) return refuse(fmt::format("not verified: {}", opened.error().detail));
  const auto& checkpoint = opened->checkpoint;
  const auto index = static_cast<std::uint64_t>(*seq) - 1;
  if (!audit::verify_inclusion(*leaf, index, checkpoint.size, *path, checkpoint.root))
    return refuse("not verified: the path does not lead from the event to the signed root");
  const auto body = json_text(answer, "encoded_event");
  if (body && audit::leaf_hash(*body) != *leaf) return refuse("not verified: the event is not the one that was hashed");
  if (body ? audit::id_in(*body) != event : json_text(answer, "event") != event)
    return refuse("not verified: the proof is of another event than the one asked for");
  return Proved{client::printable(checkpoint.origin), index + 1, checkpoint.size, body.has_value()};
}

// The key that the server itself says is the log's: by it a proof agrees with itself, and no more.
Result<audit::NoteKey, Failure> key_of_the_server(client::Api& api) {
  TRY(const std::string text, api.get_text("/audit/key"));
  auto key = audit::parse_vkey(std::string_view(text).substr(0, text.find('\n')));
  if (!key) return refuse(fmt::format("the server's key cannot be read: {}", key.error().detail));
  return std::move(key).take();
}

// Where only the server's word is left: which of it, and why nothing is proved by it.
std::string unproved(const Proved& proved, const std::string& found, const audit::NoteKey& key) {
  if (!proved.body)
    return "not verified: the server says that " + found + ", but its body is not kept any more, and without it no "
           "more is proved than that some event is at that place";
  return fmt::format("not verified: {}, by the key that the server itself names, {}, for which nobody else vouches: "
                     "give the key that you had when you had reason to trust it with --key",
                     found, client::printable(audit::vkey_of(key)));
}

Result<Done, Failure> proof(const Line& line, Session& session) {
  const std::string id = line.text("EVENT_OR_JTI");
  const bool event = is_id("evt", id);
  if (!event && !is_id("jti", id)) return misuse("name an event (evt_…) or a token's jti (jti_…)");
  TRY(const auto size, number_of(line, "size"));
  client::Query query{{event ? "event" : "jti", id}};
  if (size) query.emplace_back("size", std::to_string(*size));
  TRY(client::Api* const api, session.api());
  TRY(auto keys, keys_of(line));
  const bool key_typed = !keys.empty();
  if (!key_typed) {
    TRY(auto named, key_of_the_server(*api));
    keys.push_back(std::move(named));
  }
  TRY(auto answer, fetch(*api, session, query));
  TRY(const auto proved, check(answer, keys, event_of(id)));
  const bool verified = proved.body && key_typed;
  if (session.format() != Format::table) {
    answer["verified"] = verified;
    session.show(answer);
    if (verified) return Done{};
    return Fail{Failure(Exit::refused, "")};
  }
  const auto found = fmt::format("event {} ({}) is in the log {} of {} events, as signed", proved.seq, event_of(id),
                                 proved.log, proved.size);
  if (!verified) return refuse(unproved(proved, found, keys.front()));
  session.out() << "verified: " << found << '\n';
  return Done{};
}

}  // namespace

void add_proof_command(Table& table) {
  table.push_back({.words = "audit proof",
                   .doc = "Prove by the log's key that an event, or the issue of a token, is in the audit log.",
                   .example = "deputy audit proof jti_01jd0000000000000000000000 --key \"$(cat audit.vkey)\"",
                   .arguments = {{"EVENT_OR_JTI", "An event's id, or a token's jti."}},
                   .flags = {{.name = "size", .value = "NUMBER", .doc = "Against the checkpoint of so many events."},
                             key_flag},
                   .run = proof});
}

}  // namespace deputy::cli
