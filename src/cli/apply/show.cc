// One step as lines of a difference.
#include "cli/apply/show.h"

#include <fmt/format.h>

#include "client/refusal.h"
#include "cli/references.h"
#include "directory/noun.h"

namespace deputy::cli::apply {
namespace {

std::string named(const std::string& id, const Names& names) {
  const auto found = names.find(id);
  return found == names.end() ? id : found->second;
}

// Fields with names for ids.
json::object readable(const Step& step, const json::object& fields, const Names& names) {
  auto with_names = with_references(directory::noun(step.kind), fields,
                                    [&](std::span<const Kind>, const std::string& id) -> Result<std::string, Failure> {
                                      return named(id, names);
                                    });
  return with_names ? std::move(with_names).take() : fields;
}

// A step's fields without the values that are credentials.
json::object visible(const Step& step) {
  json::object fields = step.fields;
  json::value* const attributes = fields.if_contains("attributes");
  for (const std::string& name : step.credentials) {
    json::value& value = attributes->as_object().at(name);
    if (!value.is_null()) value = "(credential)";
  }
  return fields;
}

std::string value_text(const json::value& value) {
  return value.is_null() ? "(none)" : client::printable(json::serialize(value));
}

std::string_view word(Step::Act act) {
  switch (act) {
    case Step::Act::create: return "create";
    case Step::Act::update: return "update";
    case Step::Act::transfer: return "transfer";
    case Step::Act::suspend: return "suspend";
    case Step::Act::add_member: return "add_member";
    case Step::Act::remove_member: return "remove_member";
    case Step::Act::revoke: return "revoke";
    case Step::Act::remove: return "remove";
  }
  return "";
}

}  // namespace

Names names_of(const std::vector<Record>& current) {
  Names names;
  for (const Record& record : current)
    if (record.kind != Kind::assignment) names[record.id] = symbol_of(record);
  return names;
}

std::string difference(const Step& step, const Names& names) {
  std::string symbol = step.symbol;
  if (step.kind == Kind::assignment) {
    const json::object fields = readable(step, step.fields.empty() ? step.before : step.fields, names);
    if (const auto role = json_text(fields, "role"))
      symbol = fmt::format("assignment of {} to {}", *role, json_text(fields, "principal").value_or(""));
    else
      symbol = fmt::format("{} ({})", symbol, step.id);
  }
  symbol = client::printable(symbol);
  switch (step.act) {
    case Step::Act::add_member:
      return fmt::format("+ {} in {}\n", client::printable(named(step.member, names)), symbol);
    case Step::Act::remove_member:
      return fmt::format("- {} in {}\n", client::printable(named(step.member, names)), symbol);
    case Step::Act::suspend: return fmt::format("~ {} (suspended)\n", symbol);
    case Step::Act::revoke: return fmt::format("~ {} (revoked, for good)\n", symbol);
    case Step::Act::remove: return fmt::format("- {}\n", symbol);
    default: break;
  }
  std::string text = fmt::format("{} {}\n", step.act == Step::Act::create ? '+' : '~', symbol);
  const json::object before = readable(step, step.before, names), fields = readable(step, visible(step), names);
  for (const auto& [name, value] : fields) {
    if (step.act == Step::Act::create)
      text += fmt::format("    {}: {}\n", std::string_view(name), value_text(value));
    else
      text += fmt::format("    {}: {} -> {}\n", std::string_view(name),
                          value_text(before.contains(name) ? before.at(name) : nullptr),
                          value_text(value));
  }
  return text;
}

json::object as_json(const Step& step) {
  json::object object{{"action", word(step.act)}, {"kind", directory::row(step.kind).name}, {"record", step.symbol}};
  if (!step.id.empty()) object["id"] = step.id;
  if (!step.before.empty()) object["before"] = step.before;
  if (!step.fields.empty()) object["after"] = visible(step);
  if (!step.member.empty()) object["member"] = step.member;
  return object;
}

std::string few(const std::vector<std::string>& names) {
  constexpr std::size_t most = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i)
    text += (text.empty() ? "" : ", ") + client::printable(names[i]);
  return names.size() <= most ? text : fmt::format("{} and {} more", text, names.size() - most);
}

std::string summary(const Plan& plan) {
  std::size_t made = 0, removed = 0;
  for (const Step& step : plan.steps) {
    made += step.act == Step::Act::create || step.act == Step::Act::add_member;
    removed += step.act == Step::Act::remove || step.act == Step::Act::remove_member;
  }
  if (plan.steps.empty()) return fmt::format("No difference; {} records are as they should be.", plan.unchanged);
  return fmt::format("{} to make, {} to change, {} to remove; {} records are as they should be.", made,
                     plan.steps.size() - made - removed, removed, plan.unchanged);
}

}  // namespace deputy::cli::apply
