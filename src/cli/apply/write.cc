// Records into YAML documents.
#include "cli/apply/write.h"

#include "cli/lookup.h"
#include "cli/references.h"
#include "cli/yaml.h"
#include "directory/noun.h"

namespace deputy::cli::apply {
namespace {

class Writer {
 public:
  explicit Writer(const std::vector<Record>& records) {
    std::map<std::string, int> count;
    for (const Record& record : records)
      if (record.kind != Kind::assignment && !record.revoked) ++count[symbol_of(record)];
    for (const Record& record : records) {
      if (record.revoked) revoked_.insert(record.id);
      if (record.kind == Kind::assignment || record.revoked) continue;
      if (count[symbol_of(record)] == 1)
        symbols_[record.id] = symbol_of(record);
      else
        ambiguous_.insert(record.id);
    }
  }

  bool is_written(const Record& record) const {
    if (record.built_in || record.revoked) return false;
    const auto principal = record.kind == Kind::assignment ? json_text(record.fields, "principal") : std::nullopt;
    return !principal || !revoked_.contains(std::string(*principal));
  }

  json::object document(const Record& record) const {
    const directory::Noun& noun = *directory::noun_of(record.kind);
    json::object document{{"kind", directory::row(record.kind).name}};
    if (ambiguous_.contains(record.id)) document["id"] = record.id;
    auto named = with_references(noun, record.fields,
                                 [&](std::span<const Kind>, const std::string& id) -> Result<std::string, Failure> {
                                   return symbol(id);
                                 });
    const json::object& fields = named ? *named : record.fields;
    for (const directory::Field& field : noun.fields) {
      const json::value* value = fields.if_contains(field.name);
      if (value == nullptr || (!field.fallback.empty() && json::serialize(*value) == field.fallback)) continue;
      document[field.name] = *value;
    }
    if (record.members) {
      json::array members;
      for (const std::string& member : *record.members) members.emplace_back(symbol(member));
      document["members"] = std::move(members);
    }
    return document;
  }

 private:
  std::string symbol(const std::string& id) const {
    const auto found = symbols_.find(id);
    return found == symbols_.end() ? id : found->second;
  }

  std::map<std::string, std::string> symbols_;
  std::set<std::string> ambiguous_, revoked_;
};

}  // namespace

std::string write(const std::vector<Record>& records) {
  const Writer writer(records);
  std::string text;
  for (const Record& record : records) {
    if (!writer.is_written(record)) continue;
    if (!text.empty()) text += "---\n";
    text += to_yaml(writer.document(record));
  }
  return text;
}

}  // namespace deputy::cli::apply
