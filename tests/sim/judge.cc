// The property: no token whose answer leaves after the acknowledgement of a revocation of anything it descends from is
// ever active, at any later instant, whatever is purged by then; nothing is answered before it is durable; no budget is
// overdrawn, and nothing that is good once is given for twice; every token has its event. And nothing else dies.
#include <algorithm>
#include <array>

#include "base/json.h"
#include "oauth/basic.h"
#include "tests/sim/simulation.h"

namespace deputy::sim {
namespace {

using directory::Kind;

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

void Simulation::left(std::size_t number, const http::Response& response) {
  auto& request = requests_[number];
  request.left = ++tick_;
  request.status = response.status;
  say("leaves: " + std::to_string(number) + " " + std::to_string(response.status) +
      (request.kind == Request::Kind::token && response.status == 200 ? ", token " + std::to_string(tokens_.size())
                                                                      : ""));
  if (response.body.find("was revoked meanwhile") != std::string::npos) ++tally_.too_late;
  // A code that is presented again ends what came of it, and is refused.
  for (auto& ended : ended_)
    if (ended.request == number) {
      ended.acknowledged = tick_;
      ++tally_.ended;
      tally_.withdrawn += request.kind == Request::Kind::withdraw ? 1 : 0;
    }
  if (response.status >= 300) return;
  tally_.redeemed += request.handle ? 1 : 0;
  tally_.narrowed += request.kind == Request::Kind::narrow ? 1 : 0;
  tally_.cut += request.kind == Request::Kind::cut ? 1 : 0;
  tally_.compromised += request.kind == Request::Kind::key ? 1 : 0;
  tally_.transferred += request.kind == Request::Kind::transfer ? 1 : 0;
  tally_.left_group += request.kind == Request::Kind::leave ? 1 : 0;
  const bool takes_out = request.kind == Request::Kind::take_out && !request.target.empty();
  tally_.taken_out += takes_out && request.durable != never ? 1 : 0;
  if (request.kind == Request::Kind::grant) note_assignment(response);
  if (request.kind == Request::Kind::token) check_issued(number, response);
  if (request.kind != Request::Kind::introspect) return;
  const auto active = json_boolean(test::body_of(response), "active").value_or(false);
  if (active && killer_of(tokens_[*request.subject], request.began))
    throw Broken{"token " + std::to_string(*request.subject) + " was introspected as active after its end"};
}

void Simulation::check_issued(std::size_t number, const http::Response& response) {
  const auto& request = requests_[number];
  Issued token{.text = test::text_at(test::body_of(response), "access_token"), .request = number};
  const bool opaque = token.text.starts_with("dot_");
  const auto claims = opaque ? request.claims : test::claims_of(token.text);
  token.jti = test::text_at(claims, "jti");
  if (!opaque) token.kid = test::text_at(test::header_of(token.text), "kid");
  token.subject = test::text_at(claims, "sub");
  token.client = test::text_at(claims, "client_id");
  token.audience = test::text_at(claims, "aud");
  token.scope = test::text_at(claims, "scope");
  token.chain = test::actors_of(claims);
  token.path = texts_of(claims, "dlg");
  token.from_kids = texts_of(claims, "from_kids");
  token.issued = json_integer(claims, "iat").value_or(0);
  token.expires = json_integer(claims, "exp").value_or(0);
  auto& durable = store_->durable();
  const auto event = durable.event("default", token.jti);
  if (!event || !*event || (*event)->body.find("granted") == std::string::npos)
    throw Broken{"a token was answered before its event was durable"};
  if (!token.path.empty()) {
    const auto node = durable.delegation("default", token.path.back());
    if (!node || !*node) throw Broken{"a token was answered before its delegation was durable"};
  }
  if (request.subject && killer_of(tokens_[*request.subject], request.began))
    throw Broken{"token " + std::to_string(*request.subject) + " was exchanged after its end"};
  for (const auto& ended : ended_)
    if (ended.revocation.kind == store::Kills::delegation && ended.acknowledged < request.began &&
        has(token.path, ended.revocation.target))
      throw Broken{"a token was drawn from " + ended.revocation.target + " after its end"};
  check_not_stopped_since(request);
  check_not_begun_again(request, token);
  check_not_left(request, token);
  if (request.handle) check_single_use(*request.handle, response);
  check_nothing_lost(token);
  keep_refresh_token(number, response);
  for (const auto& ended : ended_)
    if (ended.acknowledged < tick_ && killed_by(token, ended)) {
      ++tally_.overlapped;
      break;
    }
  tokens_.push_back(std::move(token));
  ++tally_.tokens;
  check_budgets();
}

// Does this token descend from what ended, and was it decided without knowledge of that? A delegation, a token and a
// key never come back; a principal may, and then gets tokens again.
bool Simulation::killed_by(const Issued& token, const Ended& ended) const {
  const auto& target = ended.revocation.target;
  const auto& request = requests_[token.request];
  const bool unaware = request.decides < ended.told;
  switch (ended.revocation.kind) {
    // What an actor lost of its own it may still do for others: only what was decided before is dead for certain.
    case store::Kills::narrowing:
      return bears_lost(token, ended.revocation) &&
             (request.decides < ended.durable ||
              (unaware && token.issued <= unix_seconds(ended.revocation.issued_before)));
    case store::Kills::delegation: return has(token.path, target);
    // What was made of a token before its end lives on, unless its key is it (A10); nothing is made of it afterwards.
    case store::Kills::key:
      return token.kid == target || has(token.from_kids, target) ||
             (request.subject && tokens_[*request.subject].kid == target && request.durable > ended.durable);
    case store::Kills::token:
      return token.jti == target ||
             (request.subject && tokens_[*request.subject].jti == target && request.durable > ended.durable);
    // Who goes on after it is given tokens as soon as the server knows of it: before all that follow have been told.
    default:
      return (token.subject == target || token.client == target || has(token.chain, target)) &&
             (request.decides < ended.durable ||
              (unaware && (!goes_on_after(ended) || token.issued <= unix_seconds(ended.revocation.issued_before))));
  }
}

const Ended* Simulation::killer_of(const Issued& token, std::uint64_t acknowledged_before) const {
  for (const auto& ended : ended_)
    if (ended.acknowledged < acknowledged_before && killed_by(token, ended)) return &ended;
  return nullptr;
}

// What should have killed it, and when what was decided.
std::string Simulation::story_of(const Issued& token) const {
  const auto* ended = killer_of(token, never);
  const auto& request = requests_[token.request];
  return "issued by " + std::to_string(token.request) + ", which decided at " + std::to_string(request.decides) +
         " with iat " + rfc3339(from_unix_seconds(token.issued)) + "; " + ended->revocation.target + " ended by " +
         std::to_string(ended->request) + ", durable at " + std::to_string(ended->durable) + ", told at " +
         std::to_string(ended->told) + ", for tokens up to " + rfc3339(ended->revocation.issued_before);
}

// A25: handed on by the first agent, before it was done, to one that was taken out of its delegates.
bool Simulation::was_taken_out(const Issued& token) const {
  for (std::size_t i = 1; i < token.chain.size(); ++i) {
    if (token.chain[i] != actors_.front().id) continue;
    for (const auto& one : requests_)
      if (one.kind == Request::Kind::take_out && one.status == 200 && one.target == token.chain[i - 1] &&
          one.durable != never && requests_[token.request].decides < one.durable)
        return true;  // what changes nothing is not written
  }
  return false;
}

// Did it end tokens of somebody who was not stopped by it?
bool Simulation::goes_on_after(const Ended& ended) const {
  const auto kind = requests_[ended.request].kind;
  return kind == Request::Kind::leave || kind == Request::Kind::take_out || kind == Request::Kind::transfer;
}

// Does it end what was given before, for whenever the principal comes back? Who has left a group may go on as before.
bool Simulation::stops(const Ended& ended, const std::string& principal) const {
  return ended.revocation.kind == store::Kills::principal && ended.revocation.target == principal &&
         requests_[ended.request].kind != Request::Kind::leave;
}

// I3: who is handed something on is a delegate then, by the group too.
void Simulation::check_not_left(const Request& request, const Issued& token) const {
  const auto &from = actors_[1].id, &to = actors_[2].id;
  if (!request.subject || token.chain.empty() || token.chain.front() != to) return;
  if (holder_of(tokens_[*request.subject]).id != from) return;
  for (const auto& one : requests_) {
    const bool left = one.kind == Request::Kind::leave && one.status == 204 && one.left < request.began;
    if (!left) continue;
    const bool came_back = std::any_of(requests_.begin(), requests_.end(), [&](const Request& other) {
      return other.kind == Request::Kind::join && other.durable != never && other.durable > one.durable;
    });
    if (!came_back) throw Broken{"something was handed on to " + to + ", who had left the group before that"};
  }
}

// A25: handed on to the one who left the group, before that was done.
bool Simulation::was_left(const Issued& token) const {
  auto all = token.chain;
  all.push_back(token.subject);
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i] != actors_[1].id || all[i - 1] != actors_[2].id) continue;
    for (const auto& one : requests_)
      if (one.kind == Request::Kind::leave && one.status == 204 && one.durable != never &&
          requests_[token.request].decides < one.durable)
        return true;
  }
  return false;
}

// The instant that its record keeps of when it was last stopped, as far as this request must know it: of stops that it
// need not know, and that a clock told which was set back, the earliest.
std::optional<Instant> Simulation::last_stop_of(const std::string& principal, const Request& request) const {
  const Ended* last = nullptr;
  for (const auto& one : ended_)
    if (stops(one, principal) && one.acknowledged < request.began && (last == nullptr || last->durable < one.durable))
      last = &one;
  if (last == nullptr) return std::nullopt;
  auto at = last->revocation.at;
  for (const auto& one : ended_)
    if (stops(one, principal) && one.durable > last->durable) at = std::min(at, one.revocation.at);
  return at;
}

// A25, A28: with a trusted issuer's token nothing begins that was ended since it was issued, and nobody comes back who
// was stopped since; what went on when it ended may be drawn on (docs/adr/0032).
void Simulation::check_not_begun_again(const Request& request, const Issued& token) const {
  if (!request.upstream) return;
  const auto root = store_->durable().delegation("default", token.path.front());
  CHECK(root && *root);
  for (const auto& id : {(*root)->subject, (*root)->actor})
    if (const auto stopped = last_stop_of(id, request); stopped && *request.upstream <= *stopped)
      throw Broken{"a token from before began a chain though " + id + " was stopped since"};
  for (const auto& ended : ended_) {
    if (ended.revocation.kind != store::Kills::delegation || ended.acknowledged >= request.began) continue;
    const auto one = store_->durable().delegation("default", ended.revocation.target);
    if (!one || !*one || !(*one)->revoked_at) continue;  // what was told, or a family
    const bool alike = (*one)->parent.empty() && (*one)->issuer == (*root)->issuer && (*one)->actor == (*root)->actor;
    const auto at = std::max((*one)->created_at, *(*one)->revoked_at);
    if (alike && *request.upstream <= at && (*root)->created_at > at)
      throw Broken{"a token from before began anew what was ended with " + (*one)->id};
  }
}

// By what was answered, not by what the store counts.
void Simulation::check_budgets() {
  for (const auto& id : tokens_.back().path) {
    const auto node = store_->durable().delegation("default", id);
    if (!node || !*node) throw Broken{"a delegation of a token's path is not there"};
    if (!(*node)->limits.uses) continue;
    const auto drawn =
        std::count_if(tokens_.begin(), tokens_.end(), [&](const auto& one) { return has(one.path, id); });
    if (static_cast<std::uint64_t>(drawn) > *(*node)->limits.uses) throw Broken{"a budget is overdrawn"};
  }
}

// Everybody who may come back does, and every token is tried at several instants.
void Simulation::judge() {
  quiet_ = true;
  store_->between = nullptr;
  bytes_.simulation = nullptr;
  world_->clock.looked = nullptr;
  const auto change = [&](Kind kind, const std::string& id) {
    const auto record = store_->get("default", kind, id);
    if (record && *record && (*record)->body.find("revoked") == std::string::npos)
      world_->change(kind, id, {{"state", "active"}});
  };
  change(Kind::user, user_);
  widen_everything();
  for (const auto& one : clients_) change(one.id.starts_with("agt_") ? Kind::agent : Kind::application, one.id);

  const auto end = world_->clock.now();
  for (const auto by : std::array{0, 1'000, 5'000, -20'000, 30'000, 120'000}) judge_at(end + Millis(by));
}

// Some tokens live that long, and every revocation is past what the server's upkeep leaves alone.
void Simulation::judge_at(Instant at) {
  if (const auto passed = at - world_->clock.now(); passed > Millis(0)) steady_ += passed;
  world_->clock.set(at);
  purge();
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const auto& token = tokens_[i];
    const bool dead = killer_of(token, never) != nullptr, active = introspects(token);
    const auto which = "token " + std::to_string(i) + " at " + rfc3339(at);
    if (dead && active) throw Broken{which + " is active after its end: " + story_of(token)};
    const bool taken_out = was_taken_out(token);
    if (active && taken_out) throw Broken{which + " is active though who has it was taken out"};
    if (active && was_left(token)) throw Broken{which + " is active though who has it left the group"};
    tally_.taken_with += taken_out && unix_millis(at) < token.expires * 1000 ? 1 : 0;
    if (dead && dice_.chance(10) && exchanges(token)) throw Broken{which + " is exchanged after its end"};
    ++(dead ? tally_.dead : tally_.alive);
    // A clock that was set back further takes tokens of the future for not valid yet.
    const bool ahead = at + set_back_max < from_unix_seconds(token.issued);
    if (dead || ahead || unix_millis(at) >= token.expires * 1000) continue;
    auto named = token.chain;
    named.push_back(token.subject);
    const bool somebody_gone = std::any_of(named.begin(), named.end(), [&](const auto& id) {
      const auto record = store_->get("default", *directory::kind_of_id(id), id);
      return !record || !*record || (*record)->body.find("revoked") != std::string::npos;
    });
    // What is durable and was not acknowledged, because of a crash, may have ended it as well.
    const bool ended =
        std::any_of(ended_.begin(), ended_.end(), [&](const auto& one) { return killed_by(token, one); });
    if (!active && !somebody_gone && !ended) throw Broken{which + " died of nothing"};
  }
}

bool Simulation::introspects(const Issued& token) {
  return json_boolean(test::body_of(world_->introspect(api_, token.text)), "active").value_or(false);
}

bool Simulation::exchanges(const Issued& token) {
  return world_->exchange(holder_of(token), token.text).status == 200;
}

}  // namespace deputy::sim
