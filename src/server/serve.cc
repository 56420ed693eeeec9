// The daemon's life: harden, listen, wait for a signal, drain.
#include "server/serve.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "base/log.h"
#include "endpoints/dispatch.h"
#include "http/server.h"
#include "server/doubts.h"
#include "server/world.h"

namespace deputy::server {
namespace {

// Keys live in this process's memory: no core dump, no debugger of another user.
void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

// Blocked before any thread is made, so that only sigwait below ever sees them.
sigset_t take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A peer that is gone, a file that may grow no more: errors of the write that finds out.
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_IGN);
  return signals;
}

// A connection is a descriptor; the limit one is started with is often 1,024, and one's own to raise.
rlim_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur == limit.rlim_max) return limit.rlim_cur;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

void tell_of_doubts(const Config& config) {
  for (const auto& doubt : doubts(config, SystemClock().now()))
    log::line(log::Level::warn, "settings_doubtful", {{"detail", doubt}});
}

// What can fail comes first, and the certificate last of it: a reload that is refused has changed nothing.
Result<Config, Fault> reloaded(const Config& started_with, const Reread& reread, World& world, http::Server& server) {
  TRY(auto config, reread());
  TRY(auto callable, check_calls(config));
  if (started_with.http.tls && config.http.tls) {
    TRY(auto taken, server.reload_tls(*config.http.tls));
  }
  log::set_level(config.log_level);
  world.take_up(config);
  return config;
}

void reload(const Config& started_with, const Reread& reread, World& world, http::Server& server) {
  const auto config = reloaded(started_with, reread, world, server);
  if (!config) return log::answer(log::Level::error, "reload_refused", {{"detail", config.error().detail}});
  std::string waiting;
  for (const auto& name : need_restart(started_with, *config)) waiting.append(waiting.empty() ? "" : ",").append(name);
  if (!waiting.empty()) log::answer(log::Level::warn, "reload_needs_restart", {{"settings", waiting}});
  tell_of_doubts(*config);
  log::answer(log::Level::info, "reloaded", {});
}

// Balancers learn of it from /readyz, while what they still send is answered. Another signal ends the wait.
void wait_for_balancers(Seconds delay) {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&ending, signal);
  const timespec time{.tv_sec = delay.count(), .tv_nsec = 0};
  while (::sigtimedwait(&ending, nullptr, &time) < 0 && errno == EINTR) {}
}

int complain(const Fault& fault) {
  log::line(log::Level::error, "cannot_serve", {{"detail", fault.detail}});
  return 1;
}

}  // namespace

int serve(const Config& config, const Reread& reread) {
  const auto signals = take_signals();
  forbid_core_dumps();
  const auto descriptors = raise_descriptor_limit();
  const log::Behind behind;  // to the end: what the world says when it closes, too
  log::set_level(config.log_level);
  auto world = World::open(config);
  if (!world) return complain(world.error());
  // The signals are blocked: whoever waits for them below takes it like any other.
  (*world)->keep_house([] { ::kill(::getpid(), SIGTERM); });
  auto& app = (*world)->app();
  auto http = config.http;
  http.at_rest = [&app] { app.store.at_rest(); };
  http.body_bytes_kept = endpoints::body_bytes_kept;
  auto server = http::Server::listen(std::move(http), [&app](const http::Request& request, http::Send send) {
    endpoints::dispatch(request, app, std::move(send));
  });
  if (!server) return complain(server.error());
  (*server)->start();
  log::line(log::Level::info, "serving",
            {{"origin", config.endpoints.origin},
             {"address", config.http.address},
             {"port", static_cast<std::int64_t>((*server)->port())},
             {"threads", static_cast<std::int64_t>(config.http.threads)},
             {"descriptors", static_cast<std::int64_t>(descriptors)},
             {"tls", config.http.tls ? "yes" : "no"}});
  tell_of_doubts(config);
  for (;;) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (signal == SIGHUP) {
      reload(config, reread, **world, **server);
      continue;
    }
    log::line(log::Level::info, "draining", {});
    (*world)->drain();
    if ((*world)->alone()) wait_for_balancers(config.drain_delay);
    (*server)->stop();
    log::line(log::Level::info, "stopped", {});
    return (*world)->alone() ? 0 : 1;
  }
}

}  // namespace deputy::server
