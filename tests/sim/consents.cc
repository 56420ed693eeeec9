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

// The browser's part is over: the consent and its code are durable, and the client has the code; or the refresh token
// that came of it, where those rotate.
void Simulation::consent() {
  const auto now = clock_time();
  const bool rotates = dice_.chance(50), has_code = !rotates || dice_.chance(30);
  const auto at = rotates ? clients_.size() - 1 : dice_.below(actors_.size());
  const auto& client = clients_[at];
  const auto number = std::to_string(handles_.size());
  const auto id = make_id("dlg", now, quiet_bytes_);
  delegation::Delegation node{.id = id, .tenant = "default", .path = {id}, .subject = user_, .actor = client.id};
  if (client.id.starts_with("agt_")) node.chain = {client.id};
  for (const auto& place : place_ids_)
    for (const auto* scope : {"read", "write"}) node.authority.push_back({place, scope, ""});
  node.authority = delegation::sorted(std::move(node.authority));
  node.origin = delegation::Origin::consent;
  node.created_at = now;
  const auto text = oauth::make_handle(has_code ? oauth::code_prefix : oauth::refresh_prefix, now, quiet_bytes_);
  const auto key = oauth::handle_key(text);
  const grants::Carried carried{.client = client.id,
                                .user = user_,
                                .delegation = id,
                                .code_challenge = has_code ? oauth::code_challenge_of(verifier) : "",
                                .family = "drf_" + key,
                                .refreshable = true,
                                .at = now,
                                .user_version = version_of(user_),
                                .client_version = version_of(client.id),
                                .asked_at = now,
                                .given_at = now};
  const auto kept = store_->durable().commit_now(
      {store::Delegate{std::move(node)},
       store::Keep{has_code ? store::Use::code : store::Use::refresh_token, "default", key,
                   now + (has_code ? grants::code_lifetime : grants::refresh_idle), grants::encode(carried)}});
  CHECK(kept);
  const std::string parameter = has_code ? "code" : "refresh_token";
  say("a consent to " + client.id + ": " + id + ", " + parameter + " " + number);
  handles_.push_back({.text = text, .parameter = parameter, .client = at, .delegation = id, .made = tick_});
}

void Simulation::ask_redemption() {
  const auto count = handles_.size();
  const auto at = dice_.chance(70) ? count - 1 - dice_.below(std::min<std::size_t>(count, 4)) : dice_.below(count);
  const auto handle = handles_[at];
  Parameters parameters{{handle.parameter, handle.text}, {"resource", some_place()}};
  if (handle.parameter == "code") parameters.emplace_back("code_verifier", verifier);
  if (dice_.chance(20)) parameters.emplace_back("scope", "read");
  ask_token(std::move(parameters), {.what = "redeems " + handle.parameter + " " + std::to_string(at), .handle = at},
            clients_[handle.client]);
}

// Single use means single use: a code is answered once, and what rotates has one successor, however often it comes.
void Simulation::check_single_use(std::size_t number, const http::Response& response) {
  auto& handle = handles_[number];
  auto successor = test::text_at(test::body_of(response), "refresh_token");
  const auto which = handle.parameter + " " + std::to_string(number);
  if (handle.answered && handle.parameter == "code") throw Broken{which + " was answered twice"};
  if (handle.answered && handle.successor != successor) throw Broken{which + " has two successors"};
  if (handle.parameter == "refresh_token" && !successor.empty() && !handle.answered) ++tally_.rotated;
  handle.answered = true;
  handle.successor = std::move(successor);
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
                      .client = from.client,
                      .delegation = from.delegation,
                      .made = request.decides});
}

// A28: what was given before its person or its client was stopped does not come back with them.
void Simulation::check_not_stopped_since(const Request& request) {
  if (!request.handle) return;
  const auto& handle = handles_[*request.handle];
  for (const auto& ended : ended_) {
    const auto& target = ended.revocation.target;
    if (!stops(ended, target) || ended.acknowledged >= request.began) continue;
    if (handle.made < ended.durable && (target == user_ || target == clients_[handle.client].id))
      throw Broken{handle.parameter + " " + std::to_string(*request.handle) + " was redeemed though " + target +
                   " was stopped since"};
  }
}

}  // namespace deputy::sim
