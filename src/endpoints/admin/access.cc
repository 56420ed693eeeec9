// The roles say which resources to look at; what is given there the grants' own rules say.
#include "endpoints/admin/access.h"

#include <algorithm>
#include <set>

#include "endpoints/admin/frame/page.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/revocation/holdings.h"
#include "grants/exchange/access.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Acts;
using grants::exchange::Access;
using PrincipalPtr = store::Directory::PrincipalPtr;
using ResourcePtr = store::Directory::ResourcePtr;

constexpr std::size_t named_max = 500;  // resources looked at: a page may be short of its limit and have a next one
constexpr std::size_t ways_max = 50;        // shown of one resource
constexpr std::string_view parameters[] = {"limit", "cursor"};

std::string_view name_of(Acts acts) { return acts == Acts::self ? "self" : "others"; }

// One assignment of the principal, or of a group it is in, and its role.
struct Way {
  directory::Assignment assignment;
  directory::Role role;
};

class Survey {
 public:
  Survey(const Visit& visit, PrincipalPtr principal)
      : visit_(visit),
        principal_(std::move(principal)),
        is_user_(principal_->kind == Kind::user),
        world_{visit.call.tenant, visit.call.issuer, visit.call.now, visit.app.directory, visit.app.reader,
               visit.app.trusted_issuers, visit.app.store, visit.app.random} {}

  Result<Done, Fault> read_ways() {
    Holdings holdings(visit_);
    for (const auto& assignment : principal_->assignments) {
      if (is_user_ && assignment.acts == Acts::others) continue;  // of its group: a user acts for nobody else
      TRY(const auto* role, holdings.role(assignment.role, nullptr));
      if (role != nullptr) ways_.push_back({assignment, *role});
    }
    std::sort(ways_.begin(), ways_.end(),
              [](const Way& one, const Way& other) { return one.assignment.id < other.assignment.id; });
    return Done{};
  }

  // How many resources are looked at for a page: without a ceiling nearly each has something.
  std::size_t looked_at(std::size_t limit) const { return is_unbounded() ? limit : named_max; }

  // The ids of resources behind `after` at which there may be something, in order, at most so many.
  Result<std::vector<std::string>, Fault> candidates(const std::string& after, std::size_t most) const {
    std::vector<std::string> ids;
    if (is_unbounded()) {  // any that there is
      TRY(const auto records, visit_.app.store.list(visit_.call.tenant, Kind::resource,
                                                    {.after = after, .limit = most, .where = std::nullopt}));
      for (const auto& record : records) ids.push_back(record.id);
      return ids;
    }
    std::set<std::string> named;
    for (const auto& way : ways_)
      for (const auto& permission : way.role.permissions) named.insert(permission.resource);
    if (is_user_) {
      TRY(const auto own_api, visit_.app.directory.resource(visit_.call.tenant, visit_.call.issuer + "/v1"));
      if (own_api != nullptr) named.insert(own_api->id);
    }
    for (auto at = named.upper_bound(after); at != named.end() && ids.size() < most; ++at) ids.push_back(*at);
    return ids;
  }

  // None: nothing there.
  Result<std::optional<json::object>, Fault> item_at(const std::string& id) {
    TRY(const auto resource, visit_.app.directory.resource_by_id(visit_.call.tenant, id));
    if (resource == nullptr) return std::optional<json::object>();
    json::object item{{"resource", resource->id}, {"identifier", resource->identifier}, {"name", resource->name}};
    TRY(const auto own, grants::exchange::access_for_itself(principal_, resource, world_));
    if (!own.scope.empty()) item["self"] = document_of(own);
    if (!is_user_) {
      TRY(const auto others, grants::exchange::access_for_others(principal_, resource, world_));
      if (!others.scope.empty()) item["others"] = document_of_others(others);
    }
    if (!item.contains("self") && !item.contains("others")) return std::optional<json::object>();
    add_ways(*resource, item);
    return std::optional(std::move(item));
  }

 private:
  bool is_unbounded() const { return !is_user_ && principal_->delegation_any; }

  static json::object document_of(const Access& access) {
    json::array obstacles;
    for (const auto& sentence : access.obstacles) obstacles.emplace_back(sentence);
    return {{"scope", access.scope.text()}, {"obstacles", std::move(obstacles)}};
  }

  json::object document_of_others(const Access& access) const {
    auto document = document_of(access);
    json::array dropped;
    for (const auto& [scope, reason] : access.dropped)
      dropped.push_back(json::object{{"scope", scope}, {"reason", reason}});
    document["dropped"] = std::move(dropped);
    document["ceiling"] = principal_->delegation_any ? "any" : "ceiling";
    return document;
  }

  // Each role with what it gives there by itself; together they give what the principal holds.
  void add_ways(const directory::Resource& resource, json::object& item) const {
    json::array by;
    if (is_user_ && resource.built_in) {
      oauth::ScopeSet every_user;
      for (const auto scope : directory::owners_scopes)
        if (resource.defines(scope)) every_user.add(scope);
      if (!every_user.empty())
        by.push_back(json::object{{"acts", "self"}, {"scope", every_user.text()}, {"every_user", true}});
    }
    bool more = false;
    for (const auto& [assignment, role] : ways_) {
      const auto given = directory::scopes_given(resource, {&role});
      if (given.empty()) continue;
      more = by.size() == ways_max;
      if (more) break;
      json::object way{{"acts", name_of(assignment.acts)}, {"scope", given.text()},           {"role", role.id},
                       {"role_name", role.name},           {"assignment", assignment.id}};
      if (assignment.principal != principal_->id) way["group"] = assignment.principal;
      if (!assignment.organization.empty()) way["organization"] = assignment.organization;
      by.push_back(std::move(way));
    }
    item["by"] = std::move(by);
    if (more) item["more"] = true;
  }

  const Visit& visit_;
  PrincipalPtr principal_;
  bool is_user_;
  grants::World world_;
  std::vector<Way> ways_;
};

}  // namespace

Outcome access_of(Visit& visit, Kind kind) {
  TRY(const auto query, query_of(visit, parameters));
  TRY(const auto limit, limit_of(visit, query));
  TRY(const auto after, cursor_of(query, 'r'));
  TRY(const auto found, find_record(visit, kind, visit.param(0)));
  TRY(auto principal, visit.app.directory.principal(visit.call.tenant, found.record.id));
  if (principal == nullptr) return Fail{no_such_record("deleted since it was found")};
  Survey survey(visit, std::move(principal));
  TRY(const auto read, survey.read_ways());
  const auto most = survey.looked_at(limit);
  TRY(const auto ids, survey.candidates(after, most + 1));
  json::array items;
  std::string next;
  for (std::size_t at = 0; at < ids.size(); ++at) {
    if (items.size() == limit || at == most) {
      next = make_cursor('r', ids[at - 1]);
      break;
    }
    TRY(auto item, survey.item_at(ids[at]));
    if (item) items.push_back(std::move(*item));
  }
  return Answer{.response = list_response(std::move(items), next), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
