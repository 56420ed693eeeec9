// Records into YAML documents.
#include "cli/apply/write.h"

#include <map>
#include <set>

#include "cli/apply/show.h"
#include "cli/lookup.h"
#include "cli/references.h"
#include "cli/yaml.h"
#include "directory/agent_type.h"
#include "directory/fallback.h"

namespace deputy::cli::apply {
namespace {

class Writer {
 public:
  explicit Writer(const std::vector<Record>& records) {
    std::map<std::string, int> count;
    for (const Record& record : records)
      if (record.kind != Kind::assignment && !record.is_gone()) ++count[symbol_of(record)];
    for (const Record& record : records) {
      if (record.is_gone()) gone_.insert(record.id);
      if (record.kind == Kind::assignment || record.is_gone()) continue;
      if (record.kind == Kind::resource && record.built_in)
        symbols_[record.id] = kOwnApi;
      else if (count[symbol_of(record)] == 1)
        symbols_[record.id] = symbol_of(record);
      else
        ambiguous_.insert(record.id);
    }
  }

  bool is_written(const Record& record) const {
    if (record.built_in || record.is_gone()) return false;
    const auto principal = record.kind == Kind::assignment ? json_text(record.fields, "principal") : std::nullopt;
    return !principal || !gone_.contains(std::string(*principal));
  }
  bool is_ambiguous(const Record& record) const { return ambiguous_.contains(record.id); }

  json::object document(const Record& record) const {
    const directory::Noun& noun = directory::noun(record.kind);
    json::object document{{"kind", directory::row(record.kind).name}};
    if (ambiguous_.contains(record.id)) document["id"] = record.id;
    auto named = with_references(noun, without_the_gone(noun, record.fields),
                                 [&](std::span<const Kind>, const std::string& id) -> Result<std::string, Failure> {
                                   return symbol(id);
                                 });
    const json::object& fields = named ? *named : record.fields;
    for (const directory::Field& field : noun.fields) {
      const json::value* value = fields.if_contains(field.name);
      if (value == nullptr || json::serialize(*value) == directory::fallback_of(field, fields)) continue;
      document[field.name] = *value;
    }
    if (record.suspended) document["state"] = "suspended";
    if (record.members) {
      json::array members;
      for (const std::string& member : *record.members)
        if (!gone_.contains(member)) members.emplace_back(symbol(member));
      document["members"] = std::move(members);
    }
    return document;
  }

 private:
  bool is_gone(const json::value& id) const {
    return id.is_string() && gone_.contains(std::string(id.get_string()));
  }

  json::object without_the_gone(const directory::Noun& noun, json::object fields) const {
    for (const directory::Field& field : noun.fields) {
      json::value* value = fields.if_contains(field.name);
      if (value == nullptr) continue;
      bool emptied = field.type == directory::Type::reference && is_gone(*value);
      if (field.type == directory::Type::references && value->is_array()) {
        json::array& list = value->get_array();
        json::array living;
        for (json::value& item : list)
          if (!is_gone(item)) living.push_back(std::move(item));
        emptied = living.empty() && !list.empty();
        list = std::move(living);
      }
      if (emptied) fields.erase(field.name);
    }
    return fields;
  }

  std::string symbol(const std::string& id) const {
    const auto found = symbols_.find(id);
    return found == symbols_.end() ? id : found->second;
  }

  std::map<std::string, std::string> symbols_;
  std::set<std::string> ambiguous_, gone_;
};

// Agent types with an attribute that is a secret and must be there: their agents cannot be made from an export.
std::set<std::string> types_with_secrets(const std::vector<Record>& records) {
  std::set<std::string> types;
  for (const Record& record : records)
    if (record.kind == Kind::agent_type)
      for (const auto& rule : directory::rules_of(record.fields))
        if (rule.credential && rule.required) types.insert(record.id);
  return types;
}

// By the type's id.
using Rules = std::map<std::string, std::vector<directory::AttributeRule>>;
Rules rules_of_types(const std::vector<Record>& records) {
  Rules rules;
  for (const Record& record : records)
    if (record.kind == Kind::agent_type) rules[record.id] = directory::rules_of(record.fields);
  return rules;
}

// Does an agent break its type, which may have changed since its attributes were written?
bool breaks_its_type(const Record& record, const Rules& types) {
  if (record.kind != Kind::agent) return false;
  const auto type = types.find(std::string(json_text(record.fields, "type").value_or("")));
  if (type == types.end()) return false;
  const auto* attributes = json_member_object(record.fields, "attributes");
  json::object held;
  for (const std::string& name : record.credentials) held[name] = "";
  return directory::check_attributes(type->second, attributes != nullptr ? *attributes : json::object(), held)
      .has_value();
}

// Does it name one that is no record of these, in a field that is left with ids of nobody?
bool names_nobody(const Record& record, const std::set<std::string>& ids) {
  const directory::Noun& noun = directory::noun(record.kind);
  const auto references = directory::references_of(noun, record.fields);
  return std::any_of(references.begin(), references.end(), [&](const auto& one) {
    return noun.field(one.field)->may_dangle && !ids.contains(one.id);
  });
}

std::vector<std::string> notes_of(const std::vector<Record>& records, const Writer& writer) {
  std::vector<std::string> gone, ambiguous, dangling, secretive, astray, twins;
  std::set<std::string> ids;
  for (const Record& record : records) ids.insert(record.id);
  std::map<std::string, int> users;  // by their names without case
  const auto folded = [](const Record& user) {
    return directory::without_case(json_text(user.fields, "username").value_or(""));
  };
  for (const Record& record : records)
    if (record.kind == Kind::user) ++users[folded(record)];
  const auto types = types_with_secrets(records);
  const auto rules = rules_of_types(records);
  for (const Record& record : records) {
    if (record.is_gone()) gone.push_back(symbol_of(record) + (record.revoked ? " (revoked)" : " (expired)"));
    if (!writer.is_written(record)) continue;
    if (writer.is_ambiguous(record)) ambiguous.push_back(symbol_of(record) + " (" + record.id + ")");
    if (names_nobody(record, ids)) dangling.push_back(symbol_of(record));
    if (record.kind == Kind::agent && types.contains(std::string(json_text(record.fields, "type").value_or(""))))
      secretive.push_back(symbol_of(record));
    if (breaks_its_type(record, rules)) astray.push_back(symbol_of(record));
    if (record.kind == Kind::user && users[folded(record)] > 1) twins.push_back(symbol_of(record));
  }
  std::vector<std::string> notes;
  if (!gone.empty()) notes.push_back("left out, with what refers to them: " + few(gone));
  if (!ambiguous.empty())
    notes.push_back("written with their ids, because others have the same name, so that only this server takes them: " +
                    few(ambiguous));
  if (!dangling.empty())
    notes.push_back("written with ids of delegates that are deleted or out of your reach, which another server refuses "
                    "until they are taken out of the file: " + few(dangling));
  if (!secretive.empty())
    notes.push_back("written without the credential attributes that their type requires, which another server must be "
                    "given: " + few(secretive));
  if (!astray.empty())
    notes.push_back("written with attributes that their type takes no more, or without one that it asks, so that "
                    "another server refuses them until they are mended: " + few(astray));
  if (!twins.empty())
    notes.push_back("written with usernames that differ in the case of their letters only, of which another server "
                    "takes one: " + few(twins));
  return notes;
}

}  // namespace

Written write(const std::vector<Record>& records) {
  const Writer writer(records);
  Written written;
  for (const Record& record : records) {
    if (!writer.is_written(record)) continue;
    if (!written.text.empty()) written.text += "---\n";
    written.text += to_yaml(writer.document(record));
  }
  written.notes = notes_of(records, writer);
  return written;
}

}  // namespace deputy::cli::apply
