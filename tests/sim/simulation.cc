// The scheduler: one number decides what happens next.
#include "tests/sim/simulation.h"

#include "base/id.h"

namespace deputy::sim {
namespace {

constexpr std::size_t nested_max = 3;  // handlers that wait while another one runs

}  // namespace

void Simulation::Bytes::fill(std::span<std::uint8_t> out) {
  for (auto& byte : out) byte = static_cast<std::uint8_t>(dice_.below(256));
  if (simulation == nullptr || simulation->running_.empty()) return;
  const auto request = simulation->running_.back();
  simulation->point();
  // The first bytes a handler asks for are its event's id; then its ladder begins.
  auto& decides = simulation->requests_[request].decides;
  if (decides == never) decides = simulation->tick_;
}

Simulation::Simulation(std::uint64_t seed) : dice_(seed), bytes_(seed ^ 0x5eed), quiet_bytes_(seed ^ 0x9e7) {
  auto store = std::make_unique<SimStore>();
  store_ = store.get();
  world_ = std::make_unique<test::World>(std::move(store), &bytes_);
  build();
}

void Simulation::run() {
  bytes_.simulation = this;
  world_->clock.looked = [this] {
    if (!running_.empty()) point();
  };
  store_->between = this;
  quiet_ = false;
  to_begin_ = static_cast<std::size_t>(dice_.between(30, 70));
  const bool crashes = dice_.chance(4);
  while (to_begin_ > 0) {
    step();
    if (crashes && dice_.chance(2)) crash();
  }
  drain();
  judge();
}

// What has begun comes to its end.
void Simulation::drain() {
  while (group_ || !queued_.empty()) {
    if (dice_.chance(20)) move_clock();
    store_step();
  }
}

void Simulation::step() {
  ++tick_;
  const auto choice = dice_.below(100);
  if (choice < 35 && to_begin_ > 0 && running_.size() < nested_max) {
    --to_begin_;
    begin_request();
  } else if (choice < 80) {
    store_step();
  } else if (choice < 98) {
    move_clock();
  } else {
    purge();
  }
}

void Simulation::point() {
  ++tick_;
  if (quiet_) return;
  while (dice_.chance(22)) step();
}

bool Simulation::read_fails() { return !quiet_ && dice_.below(400) == 0; }

void Simulation::queue(store::Writes writes, store::Committed committed) {
  const auto request = running_.back();
  for (const auto& write : writes)
    if (const auto* keep = std::get_if<store::Keep>(&write); keep && keep->use == store::Use::opaque_token)
      requests_[request].claims = json::parse(keep->body).as_object();
  queued_.push_back({.request = request, .writes = std::move(writes), .committed = std::move(committed)});
}

// The store has one writer: while it tells or answers, nothing else of it goes on.
void Simulation::store_step() {
  if (writer_busy_) return;
  writer_busy_ = true;
  if (!group_) {
    if (!queued_.empty()) write_group();
  } else if (group_->told < store_->observers() &&
             !(group_->changes.records.empty() && group_->changes.revocations.empty())) {
    tell_one();
  } else {
    answer_one();
  }
  writer_busy_ = false;
}

// Any of those that wait, in any order: other nodes and other threads are as fast as they like.
void Simulation::write_group() {
  group_ = Group{};
  for (auto left = 1 + dice_.below(queued_.size()); left > 0; --left) {
    const auto at = static_cast<std::ptrdiff_t>(dice_.chance(60) ? 0 : dice_.below(queued_.size()));
    group_->batches.push_back(std::move(queued_[static_cast<std::size_t>(at)]));
    queued_.erase(queued_.begin() + at);
  }
  const bool fails = !quiet_ && dice_.chance(2);
  say("the store " + std::string(fails ? "fails to write " : "writes ") + std::to_string(group_->batches.size()));
  for (auto& batch : group_->batches) {
    if (fails)
      batch.outcome = Fail{Fault{Fault::Kind::unavailable, "the simulated store fails"}};
    else
      durable(batch);
  }
}

void Simulation::durable(Batch& batch) {
  ++tick_;
  const auto before = group_->changes.revocations.size();
  batch.outcome = store_->write(std::move(batch.writes), group_->changes);
  requests_[batch.request].durable = tick_;
  for (auto at = before; at < group_->changes.revocations.size(); ++at) {
    if (group_->changes.revocations[at].issued_before == delegation::nothing_issued) continue;
    group_->ended.push_back(ended_.size());
    ended_.push_back({.revocation = group_->changes.revocations[at], .request = batch.request, .durable = tick_});
    say("durable: the end of " + group_->changes.revocations[at].target);
  }
}

void Simulation::tell_one() {
  store_->tell(group_->told++, group_->changes);
  if (group_->told < store_->observers()) return;
  for (const auto at : group_->ended) ended_[at].told = tick_;
}

void Simulation::answer_one() {
  auto& batches = group_->batches;
  const auto at = static_cast<std::ptrdiff_t>(dice_.below(batches.size()));
  auto batch = std::move(batches[static_cast<std::size_t>(at)]);
  batches.erase(batches.begin() + at);
  if (batches.empty()) group_.reset();
  running_.push_back(batch.request);  // what a refusal writes is this request's
  const auto* written = batch.outcome ? &*batch.outcome : nullptr;
  if (written != nullptr && std::holds_alternative<store::Refused>(*written))
    requests_[batch.request].decides = never;  // whatever is given for it is decided anew
  batch.committed(std::move(batch.outcome));
  running_.pop_back();
}

// Time passes; now and then it is set right, forwards or backwards, as a machine's clock is.
void Simulation::move_clock() {
  const auto choice = dice_.below(100);
  auto by = Millis(dice_.between(0, 600));
  if (choice >= 94) by = Millis(dice_.between(0, 40'000));
  if (choice >= 97) by = Millis(-dice_.between(0, 20'000));
  world_->clock.advance(by);
  if (choice < 94) steady_ += by;
  (void)past_->at(clock_time(), steady_);  // it is to know of every clock
  if (by.count() < 0) say("the clock is set back by " + std::to_string(-by.count()) + " ms");
}

// By the server's own rule of what is over, in the store and in memory.
void Simulation::purge() {
  const auto over = past_->at(clock_time(), steady_);
  if (!over) return;
  const auto purged = store_->purge(*over, 1000);
  CHECK(purged);
  world_->app().reader.purge(*over);
  tally_.purged += *purged;
  say("what was over at " + rfc3339(*over) + " is purged: " + std::to_string(*purged));
}

// To look at it is no point.
Instant Simulation::clock_time() {
  const auto looked = std::exchange(world_->clock.looked, nullptr);
  const auto now = world_->clock.now();
  world_->clock.looked = looked;
  return now;
}

// What was not durable never was; what is in memory is read again.
void Simulation::crash() {
  say("crash");
  queued_.clear();
  group_.reset();
  store_->forget_observers();
  quiet_ = true;
  store_->between = nullptr;
  world_->restart();
  store_->between = this;
  quiet_ = false;
  past_.emplace(clock_time(), steady_);
  for (auto& one : ended_)
    if (one.told == never) one.told = tick_;
}

void Simulation::send(Request request, std::string_view method, std::string_view path, std::string body,
                      http::Headers headers) {
  const auto number = requests_.size();
  request.began = ++tick_;
  requests_.push_back(std::move(request));
  say("begins: " + std::to_string(number) + " " + requests_[number].what);
  const http::Request message{.method = std::string(method),
                              .path = std::string(path),
                              .query = "",
                              .headers = std::move(headers),
                              .body = std::move(body),
                              .peer = "127.0.0.1",
                              .secure = true,
                              .correlation_id = "req_" + std::to_string(number)};
  running_.push_back(number);
  endpoints::dispatch(message, world_->app(),
                      [this, number](http::Response response) { left(number, response); });
  running_.pop_back();
}

void Simulation::say(std::string line) {
  lines_.push_back(std::to_string(tick_) + " [" + rfc3339(clock_time()).substr(14, 9) + "] " + std::move(line));
}

std::string Simulation::transcript() const {
  std::string out;
  for (const auto& line : lines_) out += line + "\n";
  return out;
}

}  // namespace deputy::sim
