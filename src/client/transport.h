// Transport: how the client reaches a server; the one seam between it and the network.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"
#include "http/client.h"

namespace deputy::client {

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<http::Reply, Fault> send(const http::Call& call) = 0;
  // Gives the body to `on_chunk` as it comes, until that returns false or the server ends.
  virtual Result<http::Reply, Fault> stream(
      const http::Call& call, const std::function<bool(std::string_view)>& on_chunk) = 0;
  virtual void wait(Millis time) = 0;  // before a call is tried again
};

class HttpTransport final : public Transport {
 public:
  explicit HttpTransport(http::FetchLimits limits) : limits_(std::move(limits)) {}
  Result<http::Reply, Fault> send(const http::Call& call) override;
  Result<http::Reply, Fault> stream(
      const http::Call& call, const std::function<bool(std::string_view)>& on_chunk) override;
  void wait(Millis time) override;

 private:
  // The fault as the person who named the server can do something about it.
  Fail<Fault> explained(Fault fault, const http::Call& call) const;

  http::FetchLimits limits_;
};

// What a person who names a server on purpose may reach: any address, since it is theirs to choose. Plain http goes
// to this machine only, unless `allow_plain_http` says otherwise: a secret travels in these calls (RFC 6749 §2.3.1).
http::FetchLimits limits_for(std::string_view server, std::string ca_file, bool allow_plain_http);
bool is_loopback(std::string_view url);

}  // namespace deputy::client
