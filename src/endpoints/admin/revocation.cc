// The revocation sequence of one tenant, from any point on.
#include "endpoints/admin/revocation.h"

#include <charconv>

#include "endpoints/admin/frame/page.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::string_view parameters[] = {"after", "limit"};
constexpr std::array<std::string_view, 5> kinds{"delegation", "principal", "narrowing", "token", "key"};
constexpr std::size_t chunk = 500, scanned_max = 20'000;

json::object document_of_revocation(const store::Revocation& revocation) {
  json::object document{{"seq", revocation.seq},
                        {"kind", kinds.at(static_cast<std::size_t>(revocation.kind))},
                        {"target", revocation.target},
                        {"issued_before", rfc3339(revocation.issued_before)},
                        {"until", rfc3339(revocation.until)},
                        {"at", rfc3339(revocation.at)},
                        {"reason", revocation.reason}};
  if (!revocation.scopes.empty()) {
    json::array scopes;
    for (const auto& scope : revocation.scopes) scopes.emplace_back(scope);
    document["scopes"] = std::move(scopes);
  }
  return document;
}

Result<std::uint64_t, Problem> after_of(const oauth::Form& query) {
  const auto text = query.get("after");
  std::uint64_t after = 0;
  if (!text) return after;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), after);
  if (error != std::errc() || end != text->data() + text->size())
    return Fail{Problem(ProblemType::invalid_request, "Send the seq of the last revocation you have.", "after")};
  return after;
}

}  // namespace

// The sequence is the store's, shared by all tenants; `last` is how far this answer looked, so that a tenant that
// revokes little does not look at its neighbours' again and again.
Outcome list_revocations(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  TRY(auto query, query_of(visit, parameters));
  TRY(auto limit, limit_of(visit, query));
  TRY(auto last, after_of(query));
  json::array items;
  for (std::size_t scanned = 0; scanned < scanned_max && items.size() < limit;) {
    TRY(auto page, visit.app.store.revocations(last, chunk));
    for (const auto& revocation : page) {
      if (items.size() == limit) break;
      last = revocation.seq;
      if (revocation.tenant == visit.call.tenant) items.push_back(document_of_revocation(revocation));
    }
    scanned += page.size();
    if (page.size() < chunk) break;
  }
  const json::object answer{{"items", std::move(items)}, {"last", last}};
  return Answer{.response = json_response(200, json::serialize(answer)), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
