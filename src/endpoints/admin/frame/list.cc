// GET /v1/{plural}: pages of what is in reach, oldest first.
#include "directory/noun.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/merge.h"
#include "endpoints/admin/frame/page.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/frame/referred.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::size_t chunk = 200;         // records read at a time, where there is one place to look
constexpr std::size_t scanned_max = 4000;  // a request: a page may be short of its limit and still have a next one
constexpr std::size_t organizations_max = 200, sources_max = 1000;
constexpr std::string_view parameters[] = {"limit", "cursor", "filter"};

using Where = Merge::Where;

// The organizations of an extent and all below them. None: there are too many to look into each.
Result<std::optional<std::set<std::string>>, Fault> organizations_below(const Visit& visit, const Extent& extent) {
  auto open = extent.organizations;
  std::set<std::string> found(open.begin(), open.end());
  while (!open.empty() && found.size() <= organizations_max) {
    const auto at = std::move(open.back());
    open.pop_back();
    TRY(auto below, visit.app.store.list(visit.call.tenant, Kind::organization,
                                         {.after = "", .limit = organizations_max + 1,
                                          .where = store::Index{std::string(refers_to), at, false}}));
    for (const auto& organization : below)
      if (found.insert(organization.id).second) open.push_back(organization.id);
  }
  if (found.size() > organizations_max) return std::optional<std::set<std::string>>();
  return std::optional(std::move(found));
}

// The fields whose stored value is the one shown: an agent's state is also the clock's word.
std::vector<directory::Field> indexed_fields(const directory::Noun& noun) {
  std::vector<directory::Field> fields;
  for (const auto& field : noun.fields)
    if (field.indexed != directory::Indexed::no && field.name != "state") fields.push_back(field);
  return fields;
}

// The whole kind, by the filter's index if it has one.
Where whole(const directory::Noun& noun, const std::optional<directory::Filter>& filter) {
  const auto equal = filter ? filter->equality_on(indexed_fields(noun)) : std::nullopt;
  if (!equal) return std::nullopt;
  return store::Index{equal->name, equal->value, equal->unique};
}

// Where to look: the whole kind; or, for a narrower reach, what refers to the organizations and owners of what bounds
// it, unless these are very many. A superset of the answer either way: each record is still asked whether it belongs.
Result<std::vector<Where>, Fault> sources_of(const Visit& visit, const directory::Noun& noun,
                                             const std::optional<directory::Filter>& filter) {
  const auto* bound = visit.reach.bound();
  // An assignment may lie where its principal does, which no entry of its own says.
  const bool anywhere = noun.kind == Kind::organization || noun.kind == Kind::assignment || is_common(noun.kind);
  if (bound == nullptr || anywhere) return std::vector<Where>{whole(noun, filter)};
  TRY(auto ids, organizations_below(visit, *bound));
  if (ids && bound->own) {
    ids->insert(visit.caller.principal->id);
    ids->insert(visit.caller.principal->groups.begin(), visit.caller.principal->groups.end());
  }
  if (!ids || ids->size() > sources_max) return std::vector<Where>{whole(noun, filter)};
  std::vector<Where> sources;
  for (const auto& id : *ids) sources.emplace_back(store::Index{std::string(refers_to), id, false});
  return sources;
}

struct Wanted {
  Kind kind;
  const std::optional<directory::Filter>& filter;
  std::size_t limit;
};

Result<std::optional<json::object>, Fault> wanted(const Visit& visit, const Wanted& what, const store::Record& record) {
  TRY(auto body, body_of_record(record));
  TRY(const bool visible, is_visible(visit, what.kind, record.id, body));
  if (!visible) return std::optional<json::object>();
  auto document = document_of(record, body, visit.call.now);
  if (what.filter && !what.filter->matches(document)) return std::optional<json::object>();
  return std::optional(std::move(document));
}

struct Collected {
  json::array items;
  std::string next;  // the id to go on after; empty: that was all
};
Result<Collected, Fault> collect(const Visit& visit, const Wanted& what, std::vector<Where> sources,
                                 std::string after) {
  Collected found;
  std::string last_shown = after, last_seen = after;
  const auto ahead = sources.size() == 1 ? chunk : std::min(what.limit + 1, chunk);
  Merge merge(std::move(sources), std::move(after), ahead, scanned_max,
              [&](const store::Page& page) { return visit.app.store.list(visit.call.tenant, what.kind, page); });
  for (;;) {
    TRY(auto record, merge.next());
    if (!record) break;
    last_seen = record->id;
    TRY(auto document, wanted(visit, what, *record));
    if (!document) continue;
    if (found.items.size() == what.limit) {  // one more than fits: there is a next page
      found.next = last_shown;
      return found;
    }
    last_shown = record->id;
    found.items.push_back(std::move(*document));
  }
  if (merge.spent()) found.next = last_seen;
  return found;
}

// Attributes of agents are what their types say, for whoever may read types.
Result<Done, Problem> check_attributes_asked(const Visit& visit, const directory::Filter& filter) {
  constexpr std::size_t types_max = 200;
  const auto fields = filter.fields();
  if (std::find(fields.begin(), fields.end(), "attributes") == fields.end()) return Done{};
  if (reach_for_reading(visit, Kind::agent_type).none()) return Done{};
  TRY(const auto types, visit.app.store.list(visit.call.tenant, Kind::agent_type,
                                             {.after = "", .limit = types_max + 1, .where = std::nullopt}));
  if (types.size() > types_max) return Done{};
  std::vector<directory::AttributeRule> rules;
  for (const auto& type : types) {
    TRY(const auto body, body_of_record(type));
    for (auto& rule : directory::rules_of(body)) rules.push_back(std::move(rule));
  }
  const auto fits = filter.fits(rules);
  if (fits) return Done{};
  return Fail{Problem(ProblemType::invalid_request, "The filter " + fits.error().sentence + ", as agents' types say.",
                      "filter")};
}

}  // namespace

Outcome list_records(Visit& visit, Kind kind) {
  const auto& noun = directory::noun(kind);
  TRY(auto query, query_of(visit, parameters));
  TRY(auto limit, limit_of(visit, query));
  TRY(auto after, sealed_cursor_of(visit, query, directory::row(kind).plural));
  TRY(auto filter, filter_of(query, noun));
  if (filter && kind == Kind::agent) {
    TRY(auto asked, check_attributes_asked(visit, *filter));
  }
  TRY(auto sources, sources_of(visit, noun, filter));
  TRY(auto found, collect(visit, {kind, filter, limit}, std::move(sources), std::move(after)));
  const auto next =
      found.next.empty() ? std::string() : make_sealed_cursor(visit, directory::row(kind).plural, found.next);
  return Answer{.response = list_response(std::move(found.items), next), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
