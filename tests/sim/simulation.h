// Simulation: requests that overlap in every way a server's threads and its store allow, chosen by one number. While a
// handler reads, others run, batches commit, observers hear and answers leave; the clock jumps; the store fails; what
// is over is purged.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/key.h"
#include "server/purge_clock.h"
#include "tests/kit/world.h"
#include "tests/property/dice.h"
#include "tests/sim/sim_store.h"

namespace deputy::sim {

using property::Dice;

// The property does not hold.
struct Broken {
  std::string what;
};

inline constexpr std::uint64_t never = ~std::uint64_t{0};

struct Request {
  enum class Kind {
    token, introspect, give_up, cut, stop, start, narrow, grant, key, take_out, leave, join, transfer, withdraw
  } kind = Kind::token;
  std::string what;                    // for the transcript
  std::string target;                  // of stop, start and take_out: whom
  std::optional<std::size_t> subject;  // the token that is presented
  std::optional<std::size_t> handle;   // the code or refresh token that is redeemed
  std::optional<Instant> upstream;     // when the trusted issuer's token was issued that is presented
  std::uint64_t began = 0;
  std::uint64_t decides = never;  // when its ladder begins: what is read is no older
  std::uint64_t durable = never;  // when its last batch is
  std::uint64_t left = never;     // when its answer leaves
  int status = 0;
  json::object claims;            // of the opaque token it makes
};

// A token whose answer has left.
struct Issued {
  std::string text, jti, kid, subject, client, audience, scope;
  std::vector<std::string> chain, path, from_kids;
  std::int64_t issued = 0, expires = 0;
  std::size_t request = 0;
};

// A code or a refresh token that a client has.
struct Handle {
  std::string text, parameter;  // "code" or "refresh_token"
  std::size_t client = 0;  // of clients_
  std::string delegation;
  std::uint64_t made = never;  // when what it stands for was decided
  bool answered = false;
  std::string successor;       // the refresh token of that answer
};

// A trusted issuer's token.
struct Upstream {
  std::string text;
  Instant issued;
};

// A revocation that is durable.
struct Ended {
  store::Revocation revocation;
  std::size_t request = 0;
  std::uint64_t durable = never, told = never, acknowledged = never;
};

struct Tally {
  std::size_t tokens = 0, ended = 0, too_late = 0, overlapped = 0, dead = 0, alive = 0;
  std::size_t redeemed = 0, rotated = 0, narrowed = 0, cut = 0, purged = 0, taken_out = 0;
  std::size_t compromised = 0, transferred = 0, withdrawn = 0, left_group = 0;
  std::size_t taken_with = 0;  // times that a token was found ended with who was taken out, before its time was over
};

class Simulation final : public Between {
 public:
  explicit Simulation(std::uint64_t seed);

  void run();  // throws Broken
  std::string transcript() const;
  const Tally& tally() const { return tally_; }

  void point() override;
  bool read_fails() override;
  void queue(store::Writes writes, store::Committed committed) override;

 private:
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  struct Batch {
    std::size_t request;
    store::Writes writes;
    store::Committed committed;
    Result<store::Outcome, Fault> outcome = store::Outcome(Done{});
  };
  // Batches that are written together: durable, then told, then answered, as the store promises it.
  struct Group {
    std::vector<Batch> batches;
    store::Changes changes;
    std::vector<std::size_t> ended;  // of ended_
    std::size_t told = 0;
  };
  // Bytes that are the same for the same seed; each use is a point at which other things happen.
  class Bytes final : public Random {
   public:
    explicit Bytes(std::uint64_t seed) : dice_(seed) {}
    void fill(std::span<std::uint8_t> out) override;
    Simulation* simulation = nullptr;

   private:
    Dice dice_;
  };

  // simulation.cc
  void step();
  void store_step();
  void write_group();
  void durable(Batch& batch);
  void tell_one();
  void answer_one();
  void move_clock();
  void purge();
  Instant clock_time();
  void crash();
  void send(Request request, std::string_view method, std::string_view path, std::string body, http::Headers headers);
  void drain();

  // scene.cc
  void build();
  void begin_request();
  void ask_token(Parameters parameters, Request request, const test::Given& client);
  void begin_chain();
  void ask_exchange();
  void ask_introspection();
  void ask_revocation();
  void ask_administration();
  void ask_cut();
  void ask_taking_out();
  void ask_of_group();
  void ask_transfer();
  void ask_withdrawal();
  const char* some_place();
  void administrate(Request request, std::string_view method, std::string_view path, std::string body = "");
  const test::Given& holder_of(const Issued& token) const;
  std::size_t some_token();

  // consents.cc
  void consent();
  std::uint64_t version_of(const std::string& principal);
  void ask_redemption();
  void check_single_use(std::size_t handle, const http::Response& response);
  void keep_refresh_token(std::size_t request, const http::Response& response);
  void check_not_stopped_since(const Request& request);

  // narrowings.cc
  json::object permissions_of(std::vector<std::string_view> patterns) const;
  void ask_narrowing();
  void note_assignment(const http::Response& response);
  static bool bears_lost(const Issued& token, const store::Revocation& narrowing);
  void check_nothing_lost(const Issued& token);
  void widen_everything();

  // judge.cc
  void left(std::size_t request, const http::Response& response);
  void check_issued(std::size_t request, const http::Response& response);
  bool killed_by(const Issued& token, const Ended& ended) const;
  const Ended* killer_of(const Issued& token, std::uint64_t acknowledged_before) const;
  std::string story_of(const Issued& token) const;
  bool was_taken_out(const Issued& token) const;
  bool was_left(const Issued& token) const;
  std::optional<Instant> last_stop_of(const std::string& principal, const Request& request) const;
  bool goes_on_after(const Ended& ended) const;
  bool stops(const Ended& ended, const std::string& principal) const;
  void check_not_begun_again(const Request& request, const Issued& token) const;
  void check_not_left(const Request& request, const Issued& token) const;
  void check_budgets();
  void judge();
  void judge_at(Instant at);
  bool introspects(const Issued& token);
  bool exchanges(const Issued& token);

  void say(std::string line);

  Dice dice_;
  Bytes bytes_;
  Bytes quiet_bytes_;  // whose use is no point
  SimStore* store_ = nullptr;  // the world's
  std::unique_ptr<test::World> world_;
  server::Past::Steady steady_;  // what passes, however the clock is set
  std::optional<server::Past> past_;
  std::uint64_t tick_ = 0;
  std::vector<Request> requests_;
  std::vector<std::size_t> running_;  // handlers, the innermost last
  std::vector<Batch> queued_;
  std::optional<Group> group_;
  bool writer_busy_ = false;
  std::vector<Issued> tokens_;
  std::vector<Handle> handles_;
  std::vector<Ended> ended_;
  std::size_t to_begin_ = 0;
  bool quiet_ = true;  // no points, no failures
  Tally tally_;
  std::vector<std::string> lines_;

  // who there is
  std::string user_, admin_token_, owners_token_;  // the owner of the first agent reaches none of the others
  std::vector<Upstream> upstreams_;
  std::vector<test::Given> actors_;   // agents, and last an application
  std::vector<test::Given> clients_;  // those, and last a public application: its refresh tokens rotate
  test::Given api_;
  std::vector<std::string> kids_;
  std::string role_, team_;            // a group: who is in it the second agent may hand on to
  std::vector<std::string> owners_;    // between whom agents are passed on
  std::vector<std::string> place_ids_, assignments_;
};

}  // namespace deputy::sim
