// How near we are to the machine's limit: signatures and verifications a second, bare library calls against ours.
// Run it alone on a core: taskset -c 1 build/release/bench/bench_sign [milliseconds a measurement]
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/limit.h"
#include "jose/jwt.h"

namespace deputy {
namespace {

template <class Step>
double per_second(Millis for_how_long, Step step) {
  using Stopwatch = std::chrono::steady_clock;
  for (int i = 0; i < 500; ++i) step();
  const auto start = Stopwatch::now();
  double done = 0;
  for (;;) {
    for (int i = 0; i < 100; ++i) step();
    done += 100;
    const std::chrono::duration<double> spent = Stopwatch::now() - start;
    if (spent >= for_how_long) return done / spent.count();
  }
}

struct Pair {
  double raw = 0, ours = 0;
};

// Raw and ours in turn, the best of each: what else runs on the machine slows both.
template <class Raw, class Ours>
Pair best_of(int rounds, Raw raw, Ours ours) {
  Pair best;
  for (int i = 0; i < rounds; ++i) {
    best.raw = std::max(best.raw, raw());
    best.ours = std::max(best.ours, ours());
  }
  return best;
}

void print(std::string_view what, Pair pair) {
  fmt::print("{:<34} raw {:>9.0f}/s   ours {:>9.0f}/s   ratio {:.3f}\n", what, pair.raw, pair.ours,
             pair.ours / pair.raw);
}

void print_alone(std::string_view what, double rate) {
  fmt::print("{:<34} {:>9.0f}/s   {:.2f} us\n", what, rate, 1e6 / rate);
}

void measure(Millis span) {
  using crypto::Algorithm;
  constexpr int rounds = 5;
  const std::string message(512, 'm');
  const std::string claims = R"({"iss":"https://issuer.example","sub":"agt_01jd0000000000000000000000","pad":")" +
                             std::string(220, 'c') + R"(","exp":1800000000})";
  struct Row {
    Algorithm algorithm;
    double (*raw_sign)(Millis);
    double (*raw_verify)(Millis);
  };
  for (const auto& row : {Row{Algorithm::ES256, crypto::raw_es256_signatures_per_second,
                              crypto::raw_es256_verifications_per_second},
                          Row{Algorithm::EdDSA, crypto::raw_eddsa_signatures_per_second,
                              crypto::raw_eddsa_verifications_per_second}}) {
    const auto name = std::string(name_of(row.algorithm));
    const auto key = crypto::PrivateKey::generate(row.algorithm);
    const auto half = key.public_key();
    const auto signature = key.sign(row.algorithm, message);
    const jose::Signer signer(key, row.algorithm, "2026-11", "at+jwt");
    print(name + " sign", best_of(rounds, [&] { return row.raw_sign(span); },
                                  [&] { return per_second(span, [&] { key.sign(row.algorithm, message); }); }));
    print(name + " jose::Signer, whole token",
          best_of(rounds, [&] { return row.raw_sign(span); },
                  [&] { return per_second(span, [&] { signer.sign(claims); }); }));
    print(name + " verify",
          best_of(rounds, [&] { return row.raw_verify(span); },
                  [&] { return per_second(span, [&] { CHECK(half.verify(row.algorithm, message, signature)); }); }));
    const auto parts = half.parts();
    print_alone(name + " PublicKey::from_parts",
                per_second(span, [&] { CHECK(crypto::PublicKey::from_parts(parts)); }));
    jose::JwkSet keys;
    keys.add({.kid = "2026-11", .algorithm = row.algorithm, .key = half});
    const auto token = signer.sign(claims);
    jose::Expect expect;
    expect.types = {"at+jwt"};
    print_alone(name + " jose::verify, whole token", per_second(span, [&] {
                  CHECK(jose::verify(token, keys, expect, from_unix_seconds(1'790'000'000)));
                }));
  }
  const crypto::KeyedHash keyed(Secret("0123456789abcdef0123456789abcdef"));
  const std::string short_text(48, 's');
  print_alone("sha256 of 48 octets", per_second(span, [&] { crypto::sha256(short_text); }));
  print_alone("KeyedHash of 48 octets", per_second(span, [&] { keyed(short_text); }));
}

}  // namespace
}  // namespace deputy

int main(int argc, char** argv) {
  const int millis = argc > 1 ? std::atoi(argv[1]) : 300;
  deputy::measure(deputy::Millis(millis > 0 ? millis : 300));
}
