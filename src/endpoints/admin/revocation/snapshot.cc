// The revocation set as one signed document: what a newcomer, or one who fell behind, begins with.
#include "endpoints/admin/revocation/bulletin.h"
#include "endpoints/admin/revocation/revocation.h"

#include "delegation/revocation_json.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::size_t chunk = 1000;
constexpr Seconds lifetime{60};  // an older one does not pass for news

// Its `typ` is its own, so that it passes for no other JWT of this server (A11; RFC 8725 §3.11).
Result<std::string, Fault> make(App& app, const std::string& tenant, const std::string& issuer, Instant now) {
  json::array entries;
  // The head first: what comes while the rest is read is in the snapshot, or in the feed after it, or in both.
  TRY(auto head, app.store.revocations_of(tenant, 0, 0));
  for (std::uint64_t after = 0;;) {
    TRY(auto page, app.store.revocations_of(tenant, after, chunk));
    for (const auto& revocation : page.entries)
      if (revocation.until >= now) entries.push_back(delegation::to_json(revocation));
    if (page.entries.size() < chunk) break;
    after = page.entries.back().seq;
  }
  const json::object claims{{"iss", issuer},
                            {"aud", issuer + "/v1/revocations"},
                            {"iat", unix_seconds(now)},
                            {"exp", unix_seconds(now + lifetime)},
                            {"seq", head.last},
                            {"revocations", std::move(entries)}};
  TRY(auto keys, app.keyring.keys(tenant));
  const auto active = keys->active.find(crypto::Algorithm::ES256);
  if (active == keys->active.end()) return Fail{Fault{Fault::Kind::unavailable, "no active key to sign with"}};
  return active->second.revocations.sign(json::serialize(claims));
}

}  // namespace

Outcome revocation_snapshot(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  const auto& call = visit.call;
  TRY(auto text, visit.app.bulletin.snapshot(call.tenant, call.now, [&] {
    return make(visit.app, call.tenant, call.issuer, call.now);
  }));
  http::Response response;
  response.content_type = "application/revocation-snapshot+jwt";
  response.headers = {{"Cache-Control", "no-store"}};
  response.body = *text;
  return Answer{.response = std::move(response), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
