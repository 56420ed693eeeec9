// YAML documents into records. References are symbols in the file, and the noun's rules speak of ids: so each symbol
// stands as an id of its own while a document is checked.
#include "cli/apply/read.h"

#include <fmt/format.h>

#include "base/id.h"
#include "client/refusal.h"
#include "cli/lookup.h"
#include "cli/references.h"
#include "cli/yaml.h"
#include "directory/noun.h"

namespace deputy::cli::apply {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";

bool is_id_of(Kind kind, std::string_view text) {
  const auto prefix = directory::row(kind).prefix;
  return !prefix.empty() && is_id(prefix, text);
}

struct Symbol {
  Kind kind;
  std::string text;
};

// "user/alice", a resource's identifier, an id; where only one kind is possible, a bare name.
Result<Symbol, Failure> symbol_in(std::span<const Kind> kinds, const std::string& text) {
  for (const Kind kind : kinds)
    if (is_id_of(kind, text)) return Symbol{kind, text};
  const auto slash = text.find('/');
  const auto named = slash == std::string::npos ? std::nullopt : kind_named(std::string_view(text).substr(0, slash));
  std::optional<Kind> kind;
  std::string name = text;
  if (named && std::find(kinds.begin(), kinds.end(), *named) != kinds.end()) {
    kind = named;
    name = text.substr(slash + 1);
  } else if (kinds.size() == 1 && !(named && kinds[0] != Kind::resource)) {
    kind = kinds[0];
  }
  if (!kind) {
    std::string forms;
    for (const Kind one : kinds) forms += (forms.empty() ? "" : " or ") + symbol_of(one, "NAME");
    return misuse(fmt::format("names a record as {}", forms));
  }
  if (*kind == Kind::resource) name = directory::canonical_uri(name).value_or(name);
  return Symbol{*kind, symbol_of(*kind, name)};
}

class Reader {
 public:
  std::optional<Record> record(const YamlDocument& document) {
    document_ = &document;
    const json::object* mapping = document.value.if_object();
    if (mapping == nullptr) return wrong("", "each document must be a mapping with a `kind`");
    const auto kind_text = json_text(*mapping, "kind");
    const auto kind = kind_text ? kind_named(*kind_text) : std::nullopt;
    const directory::Noun* noun = kind ? directory::noun_of(*kind) : nullptr;
    if (noun == nullptr || std::find(std::begin(kKinds), std::end(kKinds), *kind) == std::end(kKinds))
      return wrong("kind", "`kind` must be organization, user, group, agent_type, resource, trusted_issuer, role, "
                           "application, agent or assignment");
    Record record{.kind = *kind, .name = {}, .id = {}, .fields = *mapping, .members = {}, .line = document.line,
                  .lines = document.lines};
    record.fields.erase("kind");
    const auto before = problems.size();
    take_id(record);
    take_members(record);
    take_state(record);
    record.name = json_text(record.fields, key_field(*kind)).value_or("");
    complete(record, *noun);
    if (problems.size() > before) return std::nullopt;
    if (record.kind != Kind::assignment) record.name = json_text(record.fields, key_field(*kind)).value_or("");
    return record;
  }

  Problems problems;

 private:
  // Told of the line of the field, or of the document where it has none.
  std::nullopt_t wrong(std::string path, std::string sentence) {
    problems.push_back({line_of(document_->lines, std::move(path), document_->line), std::move(sentence)});
    return std::nullopt;
  }

  // By its name, which a server never repeats: this file is the reader's own.
  void wrong_field(const std::string& who, const directory::FieldProblem& problem) {
    auto path = problem.field;
    if (!problem.unknown.empty()) path += (path.empty() ? "" : "/") + problem.unknown;
    const std::string where = path.empty() ? "" : client::printable(path) + ": ";
    wrong(path, who + where + (problem.unknown.empty() ? problem.sentence : std::string(kNotKnown)));
  }

  void take_id(Record& record) {
    const json::value* id = record.fields.if_contains("id");
    if (id == nullptr) return;
    if (!id->is_string() || !is_id_of(record.kind, id->get_string()))
      wrong("id", fmt::format("`id` must be the id of {}", with_article(record.kind)));
    else
      record.id = id->get_string();
    record.fields.erase("id");
  }

  void take_members(Record& record) {
    if (record.kind != Kind::group || !record.fields.contains("members")) return;
    const json::value members = record.fields["members"];
    record.fields.erase("members");
    const bool list = members.is_array() && std::all_of(members.get_array().begin(), members.get_array().end(),
                                                        [](const json::value& item) { return item.is_string(); });
    if (!list) {
      wrong("members", "`members` must be a list such as [user/alice, agent/travel-bot]");
      return;
    }
    std::vector<std::string> symbols;
    std::size_t at = 0;
    for (const json::value& item : members.get_array()) {
      auto symbol = symbol_in(kMembers, std::string(item.get_string()));
      if (!symbol) wrong("members/" + std::to_string(at), "members: " + symbol.error().sentence);
      else symbols.push_back(symbol->text);
      ++at;
    }
    std::sort(symbols.begin(), symbols.end());
    symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
    record.members = std::move(symbols);
  }

  // The one state of an agent that a file may ask for: all others the server sets, and says so.
  static void take_state(Record& record) {
    if (record.kind != Kind::agent || json_text(record.fields, "state") != "suspended") return;
    record.suspended = true;
    record.fields.erase("state");
  }

  // An id no server gave, the same for the same symbol.
  std::string stand_in(const Symbol& symbol) {
    const std::string prefix(directory::row(symbol.kind).prefix);
    if (is_id(prefix, symbol.text)) return symbol.text;
    for (const auto& [id, text] : stand_ins_)
      if (text == symbol.text) return id;
    std::string digits(26, '0');
    std::size_t count = stand_ins_.size();
    for (auto digit = digits.rbegin(); count > 0 && digit != digits.rend(); ++digit, count /= 32)
      *digit = kAlphabet[count % 32];
    return stand_ins_.emplace(prefix + "_" + digits, symbol.text).first->first;
  }

  // What names no record as it should is no id either, which is not worth saying.
  static bool is_told(const directory::FieldProblem& problem, const std::vector<Failure>& nameless) {
    const auto within = [](const std::string& path, const std::string& other) {
      return (path + "/").starts_with(other + "/");
    };
    return problem.unknown.empty() && std::any_of(nameless.begin(), nameless.end(), [&](const Failure& failure) {
             return within(failure.field, problem.field) || within(problem.field, failure.field);
           });
  }

  // Checks the fields by the noun's rules, fills in defaults, and leaves references as symbols.
  void complete(Record& record, const directory::Noun& noun) {
    stand_ins_.clear();
    json::object with_ids = record.fields;
    const auto nameless = replace_references(noun, with_ids,
                                             [&](std::span<const Kind> kinds,
                                                 const std::string& text) -> Result<std::string, Failure> {
                                               TRY(const Symbol symbol, symbol_in(kinds, text));
                                               return stand_in(symbol);
                                             });
    const std::string who = record.name.empty() ? "" : client::printable(symbol_of(record)) + ": ";
    for (const Failure& failure : nameless) wrong(failure.field, who + failure.sentence);
    // A field without a value is one that is not there.
    json::object sent;
    for (auto& [name, value] : with_ids)
      if (!value.is_null()) sent[name] = value;
    const auto checked = directory::check_new(noun, sent);
    if (!checked) {
      for (const auto& problem : directory::problems_of_new(noun, sent))
        if (!is_told(problem, nameless)) wrong_field(who, problem);
      return;
    }
    auto symbols = with_references(noun, *checked,
                                   [&](std::span<const Kind>, const std::string& id) -> Result<std::string, Failure> {
                                     const auto found = stand_ins_.find(id);
                                     return found == stand_ins_.end() ? id : found->second;
                                   });
    CHECK(symbols);
    record.fields.clear();
    for (const auto& [name, value] : *symbols) {
      const directory::Field* field = noun.field(name);
      if (field != nullptr && field->need != directory::Need::read_only) record.fields[name] = value;
    }
  }

  const YamlDocument* document_ = nullptr;
  std::map<std::string, std::string> stand_ins_;  // id → symbol, within one document
};

}  // namespace

Result<std::vector<Record>, Problems> read(const std::string& text) {
  const auto documents = parse_yaml(text);
  if (!documents) return Fail{Problems{{documents.error().line, documents.error().sentence}}};
  Reader reader;
  std::vector<Record> records;
  for (const YamlDocument& document : *documents)
    if (auto record = reader.record(document)) records.push_back(std::move(*record));
  if (!reader.problems.empty()) return Fail{std::move(reader.problems)};
  return records;
}

}  // namespace deputy::cli::apply
