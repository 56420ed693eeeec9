// prometheus-cpp behind plain values.
#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace deputy::metrics {
namespace {

prometheus::Registry& registry() {
  static prometheus::Registry one(prometheus::Registry::InsertBehavior::Merge);
  return one;
}
std::mutex making;
// Seconds: from 100 µs to 10 s.
const prometheus::Histogram::BucketBoundaries buckets{.0001, .00025, .0005, .001, .0025, .005, .01,
                                                      .025,  .05,    .1,    .25,  .5,    1,    10};

}  // namespace

void Counter::add(double by) { static_cast<prometheus::Counter*>(handle_)->Increment(by); }
void Gauge::set(double value) { static_cast<prometheus::Gauge*>(handle_)->Set(value); }
void Gauge::add(double by) { static_cast<prometheus::Gauge*>(handle_)->Increment(by); }
void Histogram::observe(double value) {
  static_cast<prometheus::Histogram*>(handle_)->Observe(value);
}

Counter counter(const std::string& name, const std::string& help, const Labels& labels) {
  std::lock_guard lock(making);
  return Counter(&prometheus::BuildCounter().Name(name).Help(help).Register(registry()).Add(labels));
}
Gauge gauge(const std::string& name, const std::string& help, const Labels& labels) {
  std::lock_guard lock(making);
  return Gauge(&prometheus::BuildGauge().Name(name).Help(help).Register(registry()).Add(labels));
}
Histogram histogram(const std::string& name, const std::string& help, const Labels& labels) {
  std::lock_guard lock(making);
  return Histogram(&prometheus::BuildHistogram().Name(name).Help(help).Register(registry()).Add(
      labels, buckets));
}

std::string text() { return prometheus::TextSerializer().Serialize(registry().Collect()); }

}  // namespace deputy::metrics
