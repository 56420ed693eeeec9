// The revocation set as one signed document: what a newcomer, or one who fell behind, begins with.
#include "endpoints/admin/revocation/bulletin.h"
#include "endpoints/admin/frame/feed_place.h"
#include "endpoints/admin/revocation/revocation.h"

#include "delegation/revocation_json.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::size_t page = 1000;
constexpr std::size_t piece = 256 * 1024;  // octets
constexpr Seconds lifetime{60};            // an older one does not pass for news

// The claims as text: a tree of all entries would be several times as large.
Result<std::string, Fault> claims_of(App& app, const std::string& tenant, const std::string& issuer) {
  // The head first: what comes while the rest is read is in the snapshot, or in the feed after it, or in both.
  TRY(const auto head, app.store.revocations_of(tenant, 0, 0));
  // Whoever takes it may have a clock that is behind, or lets tokens live a little longer.
  const auto over = app.clock.now() - set_back_max;
  std::string claims = "{\"revocations\":[";
  for (std::uint64_t after = 0;;) {
    TRY(const auto read, app.store.revocations_of(tenant, after, page));
    for (const auto& revocation : read.entries) {
      if (revocation.until < over) continue;
      if (claims.back() != '[') claims.push_back(',');
      claims.append(json::serialize(delegation::to_json(revocation)));
    }
    if (read.entries.size() < page) break;
    after = read.entries.back().seq;
  }
  const auto signed_at = app.clock.now();
  const auto rest = json::serialize(json::object{{"iss", issuer},
                                                 {"aud", issuer + "/v1/revocations"},
                                                 {"iat", unix_seconds(signed_at)},
                                                 {"exp", unix_seconds(signed_at + lifetime)},
                                                 {"seq", head.last},
                                                 {"place", text_of({head.last, head.last_tag})}});
  claims.append("],").append(rest, 1);
  return claims;
}

// Its `typ` is its own, so that it passes for no other JWT of this server (A11; RFC 8725 §3.11).
Result<std::string, Fault> make(App& app, const std::string& tenant, const std::string& issuer) {
  TRY(const auto claims, claims_of(app, tenant, issuer));
  TRY(const auto keys, app.keyring.keys(tenant));
  const auto active = keys->active.find(crypto::Algorithm::ES256);
  if (active == keys->active.end()) return Fail{Fault{Fault::Kind::unavailable, "no active key to sign with"}};
  return active->second.revocations.sign(claims);
}

// A text that many are sent at one time, piece by piece: no connection has a copy of all of it, and each piece has the
// time that a client is given to read.
class Pieces final : public http::Feed {
 public:
  explicit Pieces(Bulletin::Text text) : text_(std::move(text)) {}
  void listen(std::function<void()> wake) override { wake_ = std::move(wake); }
  Ends ends() const override { return Ends::when_finished; }
  bool finished() const override { return at_ + piece >= text_->size(); }
  std::string next() override {
    auto next = text_->substr(std::min(at_, text_->size()), piece);
    at_ += next.size();
    if (wake_) wake_();
    return next;
  }

 private:
  const Bulletin::Text text_;
  std::size_t at_ = 0;
  std::function<void()> wake_;
};

Answer answer_of(Bulletin::Text text) {
  http::Response response;
  response.content_type = "application/revocation-snapshot+jwt";
  response.headers = {{"Cache-Control", "no-store"}};
  if (text->size() <= piece) response.document = std::move(text);
  else response.feed = std::make_shared<Pieces>(std::move(text));
  return Answer{.response = std::move(response), .writes = {}, .refused = {}};
}

}  // namespace

// However many entries there are: they are read, written down and signed off the reactor.
Outcome revocation_snapshot(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  auto& bulletin = visit.app.bulletin;
  const auto asked = visit.call.now;
  if (auto text = bulletin.snapshot(visit.call.tenant, asked, asked)) return answer_of(std::move(text));
  const auto work = [about = visit.about, asked] {
    auto& app = *about.app;
    auto text = app.bulletin.snapshot(about.tenant, asked, app.clock, [&] {
      return make(app, about.tenant, about.issuer);
    });
    return text ? answer_of(std::move(text).take()) : refuse(about, Problem(text.error()));
  };
  const auto when_full = [about = visit.about] {
    return refuse(about, {ProblemType::temporarily_unavailable, "Many ask for it at this moment: ask again."});
  };
  return Answer{.response = {}, .writes = {}, .refused = {}, .later = Later{&bulletin.snapshots(), work, when_full}};
}

}  // namespace deputy::endpoints::admin
