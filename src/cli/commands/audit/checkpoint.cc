// deputy audit checkpoint|key|rotate-key: what the log is signed for, and by which key.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands/audit/audit.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

Result<Done, Failure> checkpoint(const Line& line, Session& session) {
  TRY(const auto size, number_of(line, "size"));
  client::Query query;
  if (size) query.emplace_back("size", std::to_string(*size));
  if (line.has("cosigned")) query.emplace_back("cosigned", "true");
  TRY(client::Api* const api, session.api());
  TRY(const std::string note, api->get_text("/audit/checkpoint", query));
  const auto opened = audit::open_checkpoint(note);
  if (!opened) return refuse(fmt::format("the server's checkpoint cannot be read: {}", opened.error().detail));
  if (session.format() == Format::table) {
    session.out() << note;
    return Done{};
  }
  json::array signers;
  for (const auto& signature : opened->note.signatures) signers.emplace_back(signature.name);
  session.show(json::object{{"origin", opened->checkpoint.origin},
                            {"size", opened->checkpoint.size},
                            {"root", audit::text_of(opened->checkpoint.root)},
                            {"signers", std::move(signers)},
                            {"checkpoint", note}});
  return Done{};
}

Result<Done, Failure> key(const Line&, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const std::string text, api->get_text("/audit/key"));
  const auto key = audit::parse_vkey(std::string_view(text).substr(0, text.find('\n')));
  if (!key) return refuse(fmt::format("the server's key cannot be read: {}", key.error().detail));
  if (session.format() == Format::table)
    session.out() << audit::vkey_of(*key) << '\n';
  else
    session.show(json::object{{"name", key->name}, {"key", audit::vkey_of(*key)}});
  return Done{};
}

Result<Done, Failure> rotate_key(const Line&, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const Done confirmed, session.confirm("Make a new key the one that signs the audit log?"));
  TRY(const json::object made, api->post("/audit/key/rotate", {}));
  const auto key = audit::parse_vkey(json_text(made, "key").value_or(""));
  if (!key) return refuse(fmt::format("the server's key cannot be read: {}", key.error().detail));
  if (session.format() == Format::table)
    session.out() << audit::vkey_of(*key) << '\n';
  else
    session.show(made);
  return Done{};
}

}  // namespace

Result<std::vector<audit::NoteKey>, Failure> keys_of(const Line& line) {
  std::vector<audit::NoteKey> keys;
  for (const auto& text : line.all("key")) {
    auto key = audit::parse_vkey(text);
    if (!key || key->type != audit::NoteKey::Type::signer)
      return misuse("--key takes a log's key, as `deputy audit key` shows it: NAME+ID+KEY");
    keys.push_back(std::move(key).take());
  }
  return keys;
}

Result<std::optional<std::uint64_t>, Failure> number_of(const Line& line, const std::string& flag) {
  if (!line.has(flag)) return std::optional<std::uint64_t>();
  const auto number = audit::size_in(line.text(flag));
  if (!number) return misuse(fmt::format("--{} takes a whole number", flag));
  return number;
}

void add_checkpoint_command(Table& table) {
  table.push_back({.words = "audit checkpoint",
                   .doc = "Show the newest signed checkpoint of the audit log: keep it, and no earlier event can be "
                          "altered unseen.",
                   .example = "deputy audit checkpoint > checkpoint.txt",
                   .flags = {{.name = "size", .value = "NUMBER", .doc = "The one of so many events, if it is kept."},
                             {.name = "cosigned", .value = "", .doc = "The newest that a witness has signed too."}},
                   .run = checkpoint});
}

void add_audit_key_commands(Table& table) {
  table.push_back({.words = "audit key",
                   .doc = "Show the key that checkpoints are verified with.",
                   .example = "deputy audit key > audit.vkey",
                   .run = key});
  table.push_back({.words = "audit rotate-key",
                   .doc = "Make a new key for checkpoints, and show it; exports prove that the old one handed over.",
                   .example = "deputy audit rotate-key > audit.vkey",
                   .run = rotate_key});
}

void add_audit(Table& table) {
  for (const auto add : {add_checkpoint_command, add_audit_key_commands, add_proof_command, add_audit_export_command,
                         add_verify_command})
    add(table);
}

}  // namespace deputy::cli
