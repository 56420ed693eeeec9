// GET /v1/audit/inclusion and GET /v1/audit/consistency: RFC 9162 §2.1.3 and §2.1.4, with all a verifier needs.
#include "audit/tiles.h"
#include "base/id.h"
#include "endpoints/admin/audit/audit.h"
#include "endpoints/admin/frame/page.h"

namespace deputy::endpoints::admin {
namespace {

json::array array_of(const audit::Path& path) {
  json::array nodes;
  for (const auto& node : path) nodes.emplace_back(audit::text_of(node));
  return nodes;
}

Result<store::StoredEvent, Problem> event_of(Visit& visit, const oauth::Form& query) {
  const auto id = query.get("event"), jti = query.get("jti");
  if (id.has_value() == jti.has_value())
    return Fail{Problem(ProblemType::invalid_request, "Send event or jti: one of them.")};
  if (id ? !is_id("evt", *id) : !is_id("jti", *jti)) return Fail{no_such_record("not an id of an event or a token")};
  TRY(auto event, visit.app.store.event(visit.call.tenant, id ? *id : *jti));
  if (!event) return Fail{no_such_record("no such event")};
  return *std::move(event);
}

}  // namespace

Outcome prove_inclusion(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  constexpr std::string_view parameters[] = {"event", "jti", "size"};
  TRY(auto query, query_of(visit, parameters));
  TRY(auto event, event_of(visit, query));
  auto& log = visit.app.store.log();
  TRY(auto state, log.state());
  TRY(auto wanted, size_of(query, "size", state.size));
  if (wanted && *wanted == 0)  // RFC 9162 §2.1.3.1: in no tree is there an entry of nothing
    return Fail{Problem(ProblemType::invalid_request, "Send a size of 1 or more.", "size")};
  const auto size = wanted.value_or(state.size), index = event.seq - 1;
  if (index >= size)
    return Fail{Problem(ProblemType::wrong_state,
                        wanted ? "The event came after the first `size` events: send a greater size."
                               : "The event is not sealed yet: ask again in a second.")};
  TRY(auto path, audit::inclusion_path(index, size, store::tiles_of(log)));
  TRY(auto tile, log.tile({0, index / audit::tile_width}));
  if (tile.size() <= index % audit::tile_width)
    return Fail{Problem(Fault{Fault::Kind::corrupt, "a tile of the audit tree is shorter than the tree"})};
  const auto& leaf = tile[index % audit::tile_width];
  const auto root = audit::root_by_path(leaf, index, size, path);
  CHECK(root);
  TRY(auto note, log.checkpoint(size));
  json::object body{{"event", event.id},
                    {"seq", event.seq},
                    {"index", index},
                    {"size", size},
                    {"leaf", audit::text_of(leaf)},
                    {"path", array_of(path)},
                    {"root", audit::text_of(*root)}};
  if (note) body["checkpoint"] = *note;
  if (!event.body.empty()) body["encoded_event"] = event.body;
  return Answer{.response = json_response(200, json::serialize(body)), .writes = {}, .refused = {}};
}

Outcome prove_consistency(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  constexpr std::string_view parameters[] = {"from", "to"};
  TRY(auto query, query_of(visit, parameters));
  auto& log = visit.app.store.log();
  TRY(auto state, log.state());
  TRY(auto to, size_of(query, "to", state.size));
  const auto last = to.value_or(state.size);
  TRY(auto from, size_of(query, "from", state.size));
  if (from && *from > last)
    return Fail{Problem(ProblemType::invalid_request, "Send the smaller size as `from`, the greater one as `to`.",
                        "from")};
  // §2.1.4: 0 < m; every log continues the empty one.
  if (!from || *from == 0)
    return Fail{Problem(ProblemType::invalid_request, "Send the smaller size, greater than 0.", "from")};
  const auto read = store::tiles_of(log);
  TRY(auto path, audit::consistency_path(*from, last, read));
  TRY(auto from_root, audit::tree_root(*from, read));
  TRY(auto to_root, audit::tree_root(last, read));
  TRY(auto note, log.checkpoint(last));
  json::object body{{"from", *from},
                    {"to", last},
                    {"path", array_of(path)},
                    {"from_root", audit::text_of(from_root)},
                    {"to_root", audit::text_of(to_root)}};
  if (note) body["checkpoint"] = *note;
  return Answer{.response = json_response(200, json::serialize(body)), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
