// AuditHealth: whether what is recorded is signed for. Nothing else stops where it is not, so it is told until it is.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"

namespace deputy::server {

class AuditHealth {
 public:
  explicit AuditHealth(Instant now) : sealed_(now) { unsealed_.set(0); }

  // Since when there is something that is not signed for: from before this start.
  void begin(Instant since) { sealed_ = since; }

  // What a step of sealing came to. Of steps that fail one behind the other, the first is in the log.
  template <class T>
  void note(Instant now, const Result<T, Fault>& step) {
    if (step) return succeeded(now);
    unsealed_.set(std::max(0.0, std::chrono::duration<double>(now - sealed_).count()));
    if (failing_) return;
    failing_ = true;
    log::line(log::Level::error, "audit_unsealed", {{"detail", step.error().detail}});
  }

 private:
  void succeeded(Instant now) {
    sealed_ = now;
    unsealed_.set(0);
    if (!failing_) return;
    failing_ = false;
    log::line(log::Level::warn, "audit_sealed_again", {});
  }

  Instant sealed_;  // when the last step was done; before the first: when what it found was recorded
  bool failing_ = false;
  metrics::Gauge unsealed_ = metrics::gauge("deputy_audit_unsealed_seconds",
                                            "For how long events are recorded and not signed for; 0: they are.");
};

}  // namespace deputy::server
