// What a person agreed to: codes and refresh tokens, redeemed as often as clients like, also more often than they may.
#include "base/id.h"
#include "grants/carried.h"
#include "oauth/handle.h"
#include "oauth/pkce.h"
#include "tests/sim/simulation.h"

namespace deputy::sim {
namespace {

constexpr auto verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

}  // namespace

std::uint64_t Simulation::version_of(const std::string& principal) {
  const auto record = store_->durable().get("default", *directory::kind_of_id(principal), principal);
  CHECK(record && *record);
  return (*record)->version;
}

// The browser's part is over: the consent and its code are durable, and the client has the code.
void Simulation::consent() {
  const auto looked = std::exchange(world_->clock.looked, nullptr);  // the person's pace is no point
  const auto now = world_->clock.now();
  world_->clock.looked = looked;
  const auto actor = dice_.below(actors_.size());
  const auto& client = actors_[actor];
  const auto number = std::to_string(handles_.size());
  const auto id = make_id("dlg", now, quiet_bytes_);
  delegation::Delegation node{.id = id, .tenant = "default", .path = {id}, .subject = user_, .actor = client.id};
  if (client.id.starts_with("agt_")) node.chain = {client.id};
  for (const auto& place : place_ids_)
    for (const auto* scope : {"read", "write"}) node.authority.push_back({place, scope, ""});
  node.authority = delegation::sorted(std::move(node.authority));
  node.origin = delegation::Origin::consent;
  node.created_at = now;
  const auto code = oauth::make_handle(oauth::code_prefix, now, "code-" + number);
  const auto key = oauth::handle_key(code);
  const grants::Carried carried{.client = client.id,
                                .user = user_,
                                .delegation = id,
                                .code_challenge = oauth::code_challenge_of(verifier),
                                .family = "drf_" + key,
                                .refreshable = true,
                                .at = now,
                                .user_version = version_of(user_),
                                .client_version = version_of(client.id),
                                .asked_at = now};
  const auto kept = store_->durable().commit_now(
      {store::Delegate{std::move(node)},
       store::Keep{store::Use::code, "default", key, now + grants::code_lifetime, grants::encode(carried)}});
  CHECK(kept);
  say("a consent to " + client.id + ": " + id + ", code " + number);
  handles_.push_back({.text = code, .parameter = "code", .actor = actor, .delegation = id, .made = tick_});
}

void Simulation::ask_redemption() {
  const auto count = handles_.size();
  const auto at = dice_.chance(70) ? count - 1 - dice_.below(std::min<std::size_t>(count, 4)) : dice_.below(count);
  const auto handle = handles_[at];
  Parameters parameters{{handle.parameter, handle.text}, {"resource", some_place()}};
  if (handle.parameter == "code") parameters.emplace_back("code_verifier", verifier);
  if (dice_.chance(20)) parameters.emplace_back("scope", "read");
  ask_token(std::move(parameters), {.what = "redeems " + handle.parameter + " " + std::to_string(at), .handle = at},
            actors_[handle.actor]);
}

// The refresh token of an answer, where it is new.
void Simulation::keep_refresh_token(std::size_t number, const http::Response& response) {
  const auto& request = requests_[number];
  auto text = test::text_at(test::body_of(response), "refresh_token");
  const auto same = [&](const Handle& one) { return one.text == text; };
  if (!request.handle || text.empty() || std::any_of(handles_.begin(), handles_.end(), same)) return;
  const auto from = handles_[*request.handle];
  say("refresh token " + std::to_string(handles_.size()) + " of " + from.delegation);
  handles_.push_back({.text = std::move(text),
                      .parameter = "refresh_token",
                      .actor = from.actor,
                      .delegation = from.delegation,
                      .made = request.decides});
}

// A28: what was given before its person or its client was stopped does not come back with them.
void Simulation::check_not_stopped_since(const Request& request) {
  if (!request.handle) return;
  const auto& handle = handles_[*request.handle];
  for (const auto& ended : ended_) {
    const auto& target = ended.revocation.target;
    if (ended.revocation.kind != store::Kills::principal || ended.acknowledged >= request.began) continue;
    if (handle.made < ended.durable && (target == user_ || target == actors_[handle.actor].id))
      throw Broken{handle.parameter + " " + std::to_string(*request.handle) + " was redeemed though " + target +
                   " was stopped since"};
  }
}

}  // namespace deputy::sim
