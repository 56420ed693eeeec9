// login_storm: what strangers guessing passwords, as fast as the server lets them, do to everybody's tokens.
#include <fmt/format.h>

#include <thread>

#include "bench/figure.h"
#include "bench/measure.h"
#include "bench/requests.h"
#include "bench/server_process.h"
#include "flows/session.h"

namespace deputy::bench {
namespace {

constexpr int connections = 16;  // of the storm: so many guesses are under way at any time
constexpr double ratio_max = 3;

// Guesses of one browser's form, each of another account and from another address, as a proxy would pass them on: no
// throttle holds them back, and every one costs a hash.
Pool guesses(std::size_t count) {
  SystemRandom random;
  const auto opened = flows::first_session({}, "default", random, SystemClock().now());
  const auto cookie = opened.set_cookie.substr(0, opened.set_cookie.find(';'));
  const auto csrf = flows::csrf_token(opened.session, "sign-in ");
  Pool pool;
  for (std::size_t i = 0; i < count; ++i) {
    const auto form = fmt::format("csrf={}&username=owner-{}&password=a+guess+of+theirs", csrf, i);
    pool.add(fmt::format("POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {}\r\nX-Forwarded-For: 10.{}.{}.{}\r\n"
                         "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{}",
                         cookie, i >> 16 & 255, i >> 8 & 255, i & 255, form.size(), form));
  }
  return pool;
}

}  // namespace

Result<Done, Fault> login_storm() {
  TRY(auto set, data_set(Proof::secret, 10'000));
  const auto requests = token_requests(set, es256_resource);
  const auto storm = guesses(100'000);
  TRY(auto server, ServerProcess::start(set.data, {"--http.trusted_proxies", "127.0.0.1"}));
  const Load tokens{.port = server->port(),
                    .requests = &requests,
                    .expect = R"("access_token":")",
                    .warm_up = Millis(2000),
                    .window = Millis(8000),
                    .server = server->pid()};
  TRY(const auto calm, run(tokens));
  auto guessed = Result<Measured, Fault>(Measured{});
  std::thread strangers([&] {
    guessed = run({.port = server->port(),
                   .requests = &storm,
                   .order = Load::Order::once,
                   .connections = connections,
                   .wait = Load::Wait::sleep,
                   .status = 400,
                   .warm_up = Millis(1),
                   .window = Millis(11'000)});
  });
  auto stormy = run(tokens);
  strangers.join();
  if (!stormy) return std::move(stormy).fail();
  if (!guessed) return std::move(guessed).fail();
  TRY(auto stopped, server->stop());
  print_figure("login_storm.guesses", guessed->per_second(), "passwords/s");
  print_figure("login_storm.calm", calm.per_second(), "tokens/s");
  print_figure("login_storm.stormy", stormy->per_second(), "tokens/s", calm.per_second());
  print_figure("login_storm.calm_p99", calm.latency_ms(0.99), "ms");
  print_figure("login_storm.stormy_p99", stormy->latency_ms(0.99), "ms");
  print_figure("login_storm", stormy->latency_ms(0.99) / calm.latency_ms(0.99), "times", ratio_max);
  return Done{};
}

}  // namespace deputy::bench
