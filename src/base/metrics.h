// Metrics in Prometheus' text format. A metric is made once, by name, and counted without a lock.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace deputy::metrics {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  explicit Counter(void* handle) : handle_(handle) {}
  void add(double by = 1);

 private:
  void* handle_;
};

class Gauge {
 public:
  explicit Gauge(void* handle) : handle_(handle) {}
  void set(double value);
  void add(double by);

 private:
  void* handle_;
};

class Histogram {
 public:
  explicit Histogram(void* handle) : handle_(handle) {}
  void observe(double value);

 private:
  void* handle_;
};

// The registry of this process. Asking twice for one name and label set gives the same metric. Keep what you get:
// the look-up takes a lock.
Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
Histogram histogram(const std::string& name, const std::string& help, const Labels& labels = {});

// The whole registry, for GET /metrics.
std::string text();

}  // namespace deputy::metrics
