// The revocation set alone: what an entry costs, and what a check costs, at a million entries.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/id.h"
#include "base/random.h"
#include "delegation/revocation_set.h"

namespace {

using namespace deputy;
using delegation::Kills;

constexpr int entries = 1'000'000, tokens = 20'000, checks = 500'000, depth = 8;

std::size_t in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

double ns_since(std::chrono::steady_clock::time_point began, int count) {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count() / count;
}

}  // namespace

int main() {
  SystemRandom random;
  const auto now = SystemClock().now();
  const auto before = in_use();
  std::size_t most = 0;
  delegation::RevocationSet set;
  const auto filling = std::chrono::steady_clock::now();
  for (int i = 0; i < entries; ++i) {
    // One in ten kills a principal, the rest are single tokens and delegations: what a busy server writes.
    const auto kind = i % 10 == 0 ? Kills::principal : i % 2 == 0 ? Kills::token : Kills::delegation;
    const auto* prefix = kind == Kills::principal ? "agt" : kind == Kills::token ? "jti" : "dlg";
    set.add({.seq = static_cast<std::uint64_t>(i + 1), .tenant = "default", .kind = kind,
             .target = make_id(prefix, now, random), .issued_before = now, .until = now + Seconds(86'400), .at = now});
    if (i % 1000 == 0) most = std::max(most, in_use() - before);
  }
  const auto fill_ns = ns_since(filling, entries);
  fmt::print("entries {}: {:.1f} bytes an entry ({:.1f} at most while growing), {:.0f} ns to add one\n", set.size(),
             double(in_use() - before) / entries, double(most) / entries, fill_ns);

  struct Kept {
    std::string jti, subject;
    std::vector<std::string> chain, path;
  };
  std::vector<Kept> all(tokens);
  for (auto& one : all) {
    one = {make_id("jti", now, random), make_id("usr", now, random), {}, {}};
    for (int i = 0; i < depth; ++i) {
      one.chain.push_back(make_id("agt", now, random));
      one.path.push_back(make_id("dlg", now, random));
    }
  }
  const std::string kid = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
  int killed = 0;
  std::vector<double> times;
  times.reserve(checks);
  std::size_t touched = 0;
  for (int i = 0; i < checks; ++i) {
    const auto& one = all[static_cast<std::size_t>(i) * 2654435761u % tokens];
    // A token that is checked has just been verified: its own text is at hand, what the table holds is not.
    for (const auto* list : {&one.chain, &one.path})
      for (const auto& text : *list) touched += static_cast<unsigned char>(text.back());
    touched += static_cast<unsigned char>(one.jti.back() + one.subject.back());
    const auto began = std::chrono::steady_clock::now();
    killed += set.kills("default", {.jti = one.jti, .kid = kid, .subject = one.subject, .client_id = one.chain[0],
                                    .audience = "https://mail.example", .scope = "mail:read mail:send",
                                    .chain = one.chain, .delegations = one.path, .issued_at = now});
    times.push_back(ns_since(began, 1));
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) { return times[static_cast<std::size_t>(share * (checks - 1))]; };
  fmt::print("a check of a live token, chain and path of {}: p50 {:.0f} ns, p90 {:.0f} ns, p99 {:.0f} ns"
             " (tokens killed: {})\n", depth, at(0.5), at(0.9), at(0.99), killed);
  const auto sweeping = std::chrono::steady_clock::now();
  set.purge(now + Seconds(90'000));
  fmt::print("a purge of all of it: {:.0f} ms; left: {}\n", ns_since(sweeping, 1'000'000), set.size());
  return killed == 0 && set.size() == 0 && touched != 0 ? 0 : 1;
}
