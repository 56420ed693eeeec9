// One flag a field: its name, its placeholder, and how its text becomes JSON.
#include "cli/fields.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "cli/files.h"
#include "cli/lookup.h"
#include "cli/references.h"
#include "cli/times.h"
#include "cli/yaml.h"
#include "client/refusal.h"
#include "directory/agent_type.h"
#include "directory/check_value.h"

namespace deputy::cli {
namespace {

using directory::Field;
using directory::Need;
using directory::Noun;
using directory::Type;

bool is_list(Type type) {
  return type == Type::references || type == Type::texts || type == Type::scopes || type == Type::permissions ||
         type == Type::redirect_uris || type == Type::attributes;
}

// "expires_at" is typed --expires, and one of "redirect_uris" is a --redirect-uri.
std::string flag_name(const Field& field) {
  std::string name(field.name);
  if (name == "expires_at") return "expires";
  if (name == "authorization_details_types") return "details-types";
  if (name == "profile") return "security-profile";  // --profile is which saved sign-in to use
  if (is_list(field.type) && name.ends_with('s')) name.pop_back();
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string placeholder(const Field& field) {
  switch (field.type) {
    case Type::integer: return "NUMBER";
    case Type::boolean: return "true|false";
    case Type::instant: return "WHEN";
    case Type::redirect_uris:
    case Type::uri:
    case Type::url: return "URI";
    case Type::attributes: return "NAME=VALUE";
    case Type::scopes: return "NAME[=DESCRIPTION]";
    case Type::permissions: return "RESOURCE=SCOPES";
    case Type::acr_values:
    case Type::schema:
    case Type::detail_types:
    case Type::jwks: return "FILE";
    case Type::reference:
    case Type::references: {
      std::string text;
      for (const auto kind : field.kinds) {
        std::string name(directory::row(kind).name);
        for (char& letter : name) letter = static_cast<char>(std::toupper(letter));
        text += (text.empty() ? "" : "|") + name;
      }
      return text.empty() ? "ID" : text;
    }
    default: return std::string(kAnyText);
  }
}

bool may_set(const Field& field, Act act) {
  if (field.need == Need::read_only) return false;
  return act == Act::create || (field.need != Need::create_only && field.need != Need::create_required);
}

// Key fields stand on the line as an argument when a record is made.
bool is_argument(const Noun& noun, const Field& field, Act act) {
  return act == Act::create && field.name == key_field(noun.kind);
}

json::value scalar_of(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  if (const auto number = number_in(text)) return *number;
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') return json::value(text.substr(1, text.size() - 2));
  return json::value(text);
}

json::array words_of(const std::string& text) {
  json::array words;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find_first_of(" ,", from), text.size());
    if (end > from) words.emplace_back(text.substr(from, end - from));
    from = end + 1;
  }
  return words;
}

Result<json::value, Failure> file_value(const Field& field, const std::string& path, Session& session) {
  TRY(const std::string text, read_input(path, session.world()));
  auto documents = parse_yaml(text);  // JSON is YAML
  if (!documents || documents->size() != 1)
    return misuse(fmt::format("--{}: {} does not hold one JSON or YAML document", flag_name(field),
                              client::printable(path)));
  return documents->front().value;
}

Result<json::value, Failure> one_value(const Field& field, const std::string& text, Session& session) {
  const std::string flag = flag_name(field);
  switch (field.type) {
    case Type::integer: {
      const json::value number = scalar_of(text);
      if (!number.is_int64()) return misuse(fmt::format("--{} takes a whole number", flag));
      return number;
    }
    case Type::boolean:
      if (text != "true" && text != "false") return misuse(fmt::format("--{} takes true or false", flag));
      return json::value(text == "true");
    case Type::instant: {
      const auto instant = instant_of(text, session.world().clock.now());
      if (!instant) return misuse(fmt::format("--{} takes a time such as 30d, 2027-01-31 or 2027-01-31T12:00:00Z",
                                              flag));
      return json::value(*instant);
    }
    case Type::acr_values:
    case Type::schema:
    case Type::detail_types:
    case Type::jwks: return file_value(field, text, session);
    default: return json::value(text);
  }
}

Result<json::value, Failure> list_value(const Field& field, const std::vector<std::string>& texts) {
  json::array list;
  json::object members;
  for (const std::string& text : texts) {
    const auto first = text.find('='), last = text.rfind('=');
    const bool pair = first != std::string::npos && first > 0;
    if (field.type == Type::attributes) {
      if (!pair) return misuse(fmt::format("--{} takes NAME=VALUE", flag_name(field)));
      members[text.substr(0, first)] = scalar_of(text.substr(first + 1));
    } else if (field.type == Type::scopes) {
      json::object scope{{"name", text.substr(0, first)}};
      if (pair) scope["description"] = text.substr(first + 1);
      list.push_back(std::move(scope));
    } else if (field.type == Type::permissions) {  // a resource's URI may hold '=': scopes cannot begin before the last
      if (!pair) return misuse(fmt::format("--{} takes RESOURCE=SCOPES", flag_name(field)));
      list.push_back(json::object{{"resource", text.substr(0, last)}, {"scopes", words_of(text.substr(last + 1))}});
    } else {
      list.emplace_back(text);
    }
  }
  if (field.type == Type::attributes) return json::value(std::move(members));
  return json::value(std::move(list));
}

// A server does not repeat a key that it does not know; this file is the reader's own. `key`: its path in the document.
Fail<Failure> not_known(const YamlDocument& document, const std::string& key, const std::string& path) {
  return misuse(fmt::format("{}:{}: {}: {}", client::printable(path == "-" ? "standard input" : path),
                            line_of(document.lines, key, document.line), client::printable(key), kNotKnown));
}

// Names stand where records have ids, and are looked up later.
Result<std::string, Failure> any_id(std::span<const Kind> kinds, const std::string&) {
  return std::string(directory::row(kinds.front()).prefix) + "_" + std::string(26, '0');
}

// Whatever else is wrong the server says.
Result<Done, Failure> check_known(const Noun& noun, const YamlDocument& document, const std::string& path) {
  const auto& fields = document.value.get_object();
  for (const auto& [key, value] : fields)
    if (noun.field(key) == nullptr) return not_known(document, std::string(key), path);
  const auto with_ids = with_references(noun, fields, any_id);
  if (!with_ids) return Done{};
  for (const auto& [key, value] : *with_ids) {
    const auto problem = directory::check_value(*noun.field(key), value, std::string(key));
    if (problem && !problem->unknown.empty()) return not_known(document, problem->field + "/" + problem->unknown, path);
  }
  return Done{};
}

Result<json::object, Failure> base_document(const Noun& noun, const Line& line, Session& session) {
  if (!line.has("file")) return json::object{};
  const std::string path = line.text("file");
  TRY(const std::string text, read_input(path, session.world()));
  auto documents = parse_yaml(text);
  if (!documents)
    return misuse(fmt::format("{}:{}: {}", client::printable(path), documents.error().line,
                              documents.error().sentence));
  if (documents->size() != 1 || !documents->front().value.is_object())
    return misuse(client::printable(path) + " must hold one document, a mapping of fields");
  TRY(const Done known, check_known(noun, documents->front(), path));
  return documents->front().value.get_object();
}

// What the field's own sentence says of its members holds of a document; on the line there is room for two.
std::string doc_of(const Field& field) {
  if (field.type == Type::scopes)
    return "What can be allowed here. Each scope's sensitivity, parent, acr and max_age_s are given by -f FILE.";
  return std::string(field.doc);
}

// Over what the file says; of attributes, over those that the line names.
void set(json::object& document, const Field& field, json::value value) {
  json::value& before = document[field.name];
  if (field.type != Type::attributes || !before.is_object()) {
    before = std::move(value);
    return;
  }
  for (auto& [name, member] : value.get_object()) before.get_object()[name] = std::move(member);
}

}  // namespace

std::vector<Flag> flags_of(const Noun& noun, Act act) {
  std::vector<Flag> flags;
  for (const Field& field : noun.fields) {
    if (!may_set(field, act) || is_argument(noun, field, act)) continue;
    Flag flag{.name = flag_name(field), .value = placeholder(field), .doc = doc_of(field)};
    if (!flag.doc.empty() && !flag.doc.ends_with('.')) flag.doc += '.';
    if (!flag.doc.empty()) flag.doc.front() = static_cast<char>(std::toupper(flag.doc.front()));
    if (act == Act::create && (field.need == Need::required || field.need == Need::create_required)) {
      flag.doc += " Required.";
      flag.need = Flag::Need::here_or_in_file;
    }
    if (field.type == Type::instant) flag.doc += " Such as 30d, or 2027-01-31.";
    if (is_list(field.type)) flag.times = Flag::Times::many;
    for (const auto choice : field.choices) flag.choices.emplace_back(choice);
    flags.push_back(std::move(flag));
  }
  if (act == Act::update)
    flags.push_back({.name = "unset", .value = "FIELD", .doc = "Take this field away.", .times = Flag::Times::many});
  flags.push_back({.name = "file", .value = "FILE",
                   .doc = "Fields from a YAML or JSON file (- for standard input); flags overrule it."});
  return flags;
}

Result<json::object, Failure> document_of(const Noun& noun, Act act, const Line& line, Session& session) {
  TRY(json::object document, base_document(noun, line, session));
  for (const Field& field : noun.fields) {
    const std::string name = flag_name(field);
    if (!may_set(field, act) || is_argument(noun, field, act)) continue;
    if (line.has(name)) {
      TRY(json::value value, is_list(field.type) ? list_value(field, line.all(name))
                                                 : one_value(field, line.text(name), session));
      set(document, field, std::move(value));
    }
    const bool required = field.need == Need::required || field.need == Need::create_required;
    if (act == Act::create && required && !document.contains(field.name))
      return misuse(fmt::format("--{} is required, here or in --file", name));
  }
  for (const std::string& name : line.all("unset")) {
    std::string field = name == "expires"         ? "expires_at"
                        : name == "details-types" ? "authorization_details_types"
                                                  : name;
    std::replace(field.begin(), field.end(), '-', '_');
    const auto* known = noun.field(field);
    if (known == nullptr)
      return misuse(fmt::format("--unset: {} has no field {}", with_article(noun.kind), client::printable(name)));
    if (line.has(flag_name(*known)))
      return misuse(fmt::format("a field is set or unset, not both: {}", client::printable(name)));
    document[field] = nullptr;
  }
  return document;
}

std::vector<std::string> undefined_scopes(const json::array& permissions, client::Api& api) {
  std::map<std::string, std::vector<std::string>> named;  // by resource
  for (const json::value& one : permissions) {
    const auto* permission = one.if_object();
    const auto* scopes = permission != nullptr ? json_member_array(*permission, "scopes") : nullptr;
    if (scopes == nullptr) continue;
    for (const json::value& scope : *scopes)
      if (scope.is_string() && !scope.get_string().ends_with('*'))
        named[std::string(json_text(*permission, "resource").value_or(""))].emplace_back(scope.get_string());
  }
  std::vector<std::string> missing;
  for (const auto& [resource, scopes] : named) {
    const auto document = api.get(path_of(Kind::resource, resource));
    if (!document) continue;
    std::set<std::string> defined;
    if (const auto* all = json_member_array(*document, "scopes"))
      for (const json::value& scope : *all)
        if (scope.is_object()) defined.insert(text_of(scope.get_object(), "name"));
    for (const auto& scope : scopes)
      if (!defined.contains(scope))
        missing.push_back(client::printable(scope + " at " + text_of(*document, "identifier")));
  }
  return missing;
}

Result<json::object, Failure> resolve_references(const Noun& noun, json::object document, Session& session) {
  TRY(client::Api* const api, session.api());
  return with_references(noun, std::move(document),
                         [&](std::span<const Kind> kinds, const std::string& text) -> Result<std::string, Failure> {
                           TRY(Found found, find(*api, kinds, text));
                           return found.id;
                         });
}

Result<Done, Failure> refuse_typed_credentials(const Line& line, std::string_view type, Session& session) {
  if (type.empty() || !line.has("attribute")) return Done{};
  TRY(client::Api* const api, session.api());
  const auto document = api->get(path_of(Kind::agent_type, type));
  if (!document)
    return refuse("which attributes the agent's type calls credentials cannot be read, and those are never taken from "
                  "the command line: give the attributes with -f FILE; " + document.error().sentence);
  for (const auto& rule : directory::rules_of(*document))
    for (const std::string& text : line.all("attribute"))
      if (rule.credential && text.substr(0, text.find('=')) == rule.name)
        return misuse(fmt::format("--attribute {}: its type calls it a credential, and secrets are never taken from "
                                  "the command line, where others can read them: give it with -f FILE",
                                  client::printable(rule.name)));
  return Done{};
}

}  // namespace deputy::cli
