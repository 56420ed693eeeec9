// Many ids in one filter, page after page.
#include "cli/names.h"

#include <algorithm>

#include "cli/lookup.h"
#include "directory/noun.h"

namespace deputy::cli {
namespace {

constexpr std::size_t kTogether = 24;  // as many ids as a filter of /v1 holds
constexpr std::size_t kAsksMax = 20;   // of one table: more are not worth a name

bool has_name(Kind kind) {
  const auto* noun = directory::noun_of(kind);
  return noun != nullptr && noun->field(key_field(kind)) != nullptr;
}

std::string symbol_of(Kind kind, std::string_view name) {
  if (kind == Kind::resource) return std::string(name);
  std::string symbol(directory::row(kind).name);
  std::replace(symbol.begin(), symbol.end(), '_', '-');
  return symbol.append("/").append(name);
}

}  // namespace

void Names::learn(const std::vector<std::string>& ids) {
  std::map<Kind, std::vector<std::string>> wanted;
  for (const std::string& id : ids) {
    const auto kind = directory::kind_of_id(id);
    if (kind && has_name(*kind) && names_.emplace(id, "").second) wanted[*kind].push_back(id);
  }
  if (bound_ == Bound::each_time) asked_ = 0;
  for (const auto& [kind, all] : wanted)
    for (std::span<const std::string> rest(all); !rest.empty() && asked_ < kAsksMax;
         rest = rest.subspan(std::min(kTogether, rest.size())))
      asked_ += ask(kind, rest.first(std::min(kTogether, rest.size())), kAsksMax - asked_);
}

std::size_t Names::ask(Kind kind, std::span<const std::string> ids, std::size_t most) {
  std::string filter, cursor;
  for (const std::string& id : ids) filter += (filter.empty() ? "" : " or ") + equals("id", id);
  std::size_t found = 0;
  for (std::size_t asked = 1; asked <= most; ++asked) {
    client::Query query{{"filter", filter}};
    if (!cursor.empty()) query.emplace_back("cursor", cursor);
    const auto page = api_.get(path_of(kind), query);
    if (!page) return asked;
    if (const auto* items = json_member_array(*page, "items"))
      for (const json::value& item : *items) {
        const auto* record = item.if_object();
        const auto name = record != nullptr ? json_text(*record, key_field(kind)) : std::nullopt;
        if (!name) continue;
        names_.insert_or_assign(text_of(*record, "id"), symbol_of(kind, *name));
        ++found;
      }
    cursor = text_of(*page, "next_cursor");
    if (cursor.empty() || found >= ids.size()) return asked;
  }
  return most;
}

std::string Names::of(std::string_view id) const {
  const auto found = names_.find(id);
  return found == names_.end() || found->second.empty() ? std::string(id) : found->second;
}

void put_names(json::array& items, std::span<const std::string_view> columns, Names& names) {
  const auto each = [&](const auto& visit) {
    for (json::value& item : items)
      for (const auto column : columns) {
        auto* record = item.if_object();
        auto* value = record != nullptr ? record->if_contains(column) : nullptr;
        if (value != nullptr && value->is_string()) visit(value->get_string());
      }
  };
  std::vector<std::string> ids;
  each([&](const json::string& id) { ids.emplace_back(id); });
  names.learn(ids);
  each([&](json::string& id) { id = names.of(id); });
}

}  // namespace deputy::cli
