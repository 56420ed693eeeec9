// Strangers: how much is written for those who proved to be nobody, by source, in bounded memory (A42, ADR 21).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "signin/throttle/throttle.h"
#include "store/store.h"

namespace deputy::endpoints {

class Strangers {
 public:
  struct Limits {
    double writes_per_s = 10, writes_burst = 300;
    std::size_t sources_max = 50'000;  // some 7 MB
  };
  explicit Strangers(Limits limits);
  void limit(const Limits& limits);  // from now on; what was taken stays taken

  // Takes one write of a source (signin::network_of); or says how long to wait for one.
  std::optional<Seconds> take(const std::string& source, Instant now) { return sources_.take(source, now); }
  // The same for the event of a refusal. False: it is to be left out, and is counted here.
  bool records(const std::string& source, const audit::Event& refusal);

  // One event a tenant that says how many were left out: where that ceased a while ago, or goes on for a minute.
  enum class Which { due, all };
  store::Writes told(Instant now, Random& random, Which which = Which::due);

 private:
  struct Tally {
    std::uint64_t refusals = 0;
    std::set<std::string> sources;
    bool more_sources = false;  // than are remembered
    Instant first, last;
  };
  static audit::Event event_of(const std::string& tenant, const Tally& tally, Instant now, Random& random);

  signin::Buckets sources_;
  std::mutex mutex_;
  std::map<std::string, Tally> tallies_;  // by tenant
  std::size_t remembered_ = 0;            // sources, in all tallies
};

}  // namespace deputy::endpoints
