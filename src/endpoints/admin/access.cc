// The roles say which resources to look at; what is given there the grants' own rules say.
#include "endpoints/admin/access.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "endpoints/admin/frame/page.h"
#include "endpoints/admin/frame/readable.h"
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
constexpr std::size_t gone_through_max = 20'000;  // assignments, for a page: each of its resources goes through all
constexpr std::size_t assignments_max = 200;  // looked at to say by what; what there is, all of them together say
constexpr std::size_t ways_max = 50;          // shown of one resource
constexpr std::string_view parameters[] = {"limit", "cursor"};

std::string_view name_of(Acts acts) { return acts == Acts::self ? "self" : "others"; }

// One assignment of the principal, or of a group it is in, and its role: many have the same one, which is held once.
struct Way {
  const directory::Assignment* assignment;
  const directory::Role* role;
  std::optional<bool> is_shown = {};  // would the caller be shown the assignment? None: not asked yet
};

// The resources of a page: those behind one, at most so many.
struct Behind {
  const std::string& after;
  std::size_t most;
};

class Survey {
 public:
  Survey(Visit& visit, PrincipalPtr principal)
      : visit_(visit),
        principal_(std::move(principal)),
        is_user_(principal_->kind == Kind::user),
        world_{visit.call.tenant, visit.call.issuer, visit.call.now, visit.app.directory, visit.app.reader,
               visit.app.trusted_issuers, visit.app.store, visit.app.random},
        holdings_(visit) {}

  Result<Done, Fault> ask_what_is_shown() {
    TRY(const bool names, are_readable(visit_, Kind::role));
    TRY(const bool all, are_readable(visit_, Kind::resource));
    names_roles_ = names;
    lists_all_ = is_unbounded() && all;
    return Done{};
  }

  // Without a ceiling each resource there is has something: that is said in one line to who may not list them.
  bool is_summed_up() const { return is_unbounded() && !lists_all_; }
  json::object sum() const {
    auto obstacles = array_of(grants::exchange::obstacles_anywhere(*principal_, visit_.call.now));
    return {{"others", json::object{{"obstacles", std::move(obstacles)}, {"ceiling", "any"}}}, {"by", json::array()}};
  }

  // How many resources are looked at for a page: without a ceiling nearly each has something.
  std::size_t looked_at(std::size_t limit) const {
    const auto assignments = std::max<std::size_t>(principal_->assignments.size(), 1);
    return std::min(lists_all_ ? limit : named_max, std::max<std::size_t>(gone_through_max / assignments, 1));
  }

  // The ids of resources at which there may be something, in order.
  Result<std::vector<std::string>, Fault> candidates(const Behind& page) {
    TRY(const auto named, read_roles(page));
    if (!lists_all_) return std::vector<std::string>(named.begin(), named.end());
    TRY(const auto records, visit_.app.store.list(visit_.call.tenant, Kind::resource,
                                                  {.after = page.after, .limit = page.most, .where = std::nullopt}));
    std::vector<std::string> ids;
    for (const auto& record : records) ids.push_back(record.id);
    return ids;
  }

  // None: nothing there.
  Result<std::optional<json::object>, Fault> item_at(const std::string& id) {
    TRY(const auto resource, visit_.app.directory.resource_by_id(visit_.call.tenant, id));
    if (resource == nullptr) return std::optional<json::object>();
    json::object item{{"resource", resource->id}, {"identifier", resource->identifier}, {"name", resource->name}};
    TRY(const auto own, grants::exchange::access_for_itself(principal_, resource, world_));
    if (!own.scope.empty()) item["self"] = document_of(own);
    if (!is_user_ && !is_summed_up()) {
      TRY(const auto others, grants::exchange::access_for_others(principal_, resource, world_));
      if (!others.scope.empty()) item["others"] = document_of_others(others);
    }
    if (!item.contains("self") && !item.contains("others")) return std::optional<json::object>();
    TRY(const auto added, add_ways(*resource, item));
    return std::optional(std::move(item));
  }

 private:
  bool is_unbounded() const { return !is_user_ && principal_->delegation_any; }

  static json::array array_of(const std::vector<std::string>& sentences) {
    return json::array(sentences.begin(), sentences.end());
  }

  static json::object document_of(const Access& access) {
    return {{"scope", access.scope.text()}, {"obstacles", array_of(access.obstacles)}};
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

  // Those that say something here: a user acts for nobody else, and what is summed up is said once.
  bool counts(const directory::Assignment& assignment) const {
    return assignment.acts == Acts::self || (!is_user_ && !is_summed_up());
  }

  // The ways; and the ids of the resources of the page that any role names. Of who has more assignments than are looked
  // at the other roles are gone through one by one, and none is kept.
  Result<std::set<std::string>, Fault> read_roles(const Behind& page) {
    std::set<std::string> named;
    std::set<std::string_view> passed;
    const auto name = [&](const std::string& resource) {
      if (resource <= page.after) return;
      named.insert(resource);
      if (named.size() > page.most) named.erase(std::prev(named.end()));
    };
    for (const auto* assignment : in_order()) {
      const bool is_way = ways_.size() < assignments_max;
      more_assignments_ = more_assignments_ || !is_way;
      const bool is_new = passed.insert(assignment->role).second;
      if (!is_way && (!is_new || lists_all_)) continue;
      Holdings passing(visit_);
      TRY(const auto* role, (is_way ? holdings_ : passing).role(assignment->role, nullptr));
      if (role == nullptr) continue;
      if (is_way) ways_.push_back({.assignment = assignment, .role = role});
      if (!is_new) continue;
      for (const auto& permission : role->permissions) {
        name(permission.resource);
        if (!is_way) continue;
        auto& there = roles_at_[permission.resource];
        if (there.empty() || there.back() != role) there.push_back(role);
      }
    }
    if (is_user_) {
      TRY(const auto own_api, visit_.app.directory.resource(visit_.call.tenant, visit_.call.issuer + "/v1"));
      if (own_api != nullptr) name(own_api->id);
    }
    return named;
  }

  std::vector<const directory::Assignment*> in_order() const {
    std::vector<const directory::Assignment*> all;
    for (const auto& assignment : principal_->assignments)
      if (counts(assignment)) all.push_back(&assignment);
    std::sort(all.begin(), all.end(), [](const auto* one, const auto* other) { return one->id < other->id; });
    return all;
  }

  // Each role with what it gives there by itself; together they give what the principal holds.
  Result<Done, Fault> add_ways(const directory::Resource& resource, json::object& item) {
    json::array by;
    if (is_user_ && resource.built_in) {
      oauth::ScopeSet every_user;
      for (const auto scope : directory::owners_scopes)
        if (resource.defines(scope)) every_user.add(scope);
      if (!every_user.empty())
        by.push_back(json::object{{"acts", "self"}, {"scope", every_user.text()}, {"every_user", true}});
    }
    std::map<const directory::Role*, std::string> given;
    if (const auto there = roles_at_.find(resource.id); there != roles_at_.end())
      for (const auto* role : there->second) given.emplace(role, directory::scopes_given(resource, {role}).text());
    bool more = more_assignments_;
    for (auto& way : ways_) {
      const auto scope = given.find(way.role);
      if (scope == given.end() || scope->second.empty()) continue;
      if (by.size() == ways_max) {
        more = true;
        break;
      }
      TRY(auto document, document_of(way, scope->second));
      by.push_back(std::move(document));
    }
    item["by"] = std::move(by);
    if (more) item["more"] = true;
    return Done{};
  }

  // A38: what is in an assignment is for who would be shown it.
  Result<json::object, Fault> document_of(Way& way, const std::string& scope) {
    const auto& assignment = *way.assignment;
    json::object document{{"acts", name_of(assignment.acts)}, {"scope", scope}};
    TRY(const bool shown, is_shown(way));
    if (!shown) return document;
    document["role"] = assignment.role;
    if (names_roles_) document["role_name"] = way.role->name;
    document["assignment"] = assignment.id;
    if (assignment.principal != principal_->id) document["group"] = assignment.principal;
    if (!assignment.organization.empty()) document["organization"] = assignment.organization;
    return document;
  }

  Result<bool, Fault> is_shown(Way& way) {
    if (!way.is_shown) {
      const auto& assignment = *way.assignment;
      const json::object body{{"principal", assignment.principal},
                              {"role", assignment.role},
                              {"organization", assignment.organization}};
      TRY(const bool shown, is_readable(visit_, Kind::assignment, assignment.id, body));
      way.is_shown = shown;
    }
    return *way.is_shown;
  }

  Visit& visit_;
  PrincipalPtr principal_;
  bool is_user_;
  grants::World world_;
  Holdings holdings_;
  bool names_roles_ = false, lists_all_ = false, more_assignments_ = false;
  std::vector<Way> ways_;
  std::map<std::string_view, std::vector<const directory::Role*>> roles_at_;  // by resource
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
  TRY(const auto asked, survey.ask_what_is_shown());
  const auto most = survey.looked_at(limit);
  TRY(const auto ids, survey.candidates({.after = after, .most = most + 1}));
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
  if (next.empty() && survey.is_summed_up()) {  // the last line of the last page
    if (items.size() < limit)
      items.push_back(survey.sum());
    else
      next = make_cursor('r', ids.back());
  }
  return Answer{.response = list_response(std::move(items), next), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
