// The transport that really calls: http's client under a person's limits.
#include "client/transport.h"

#include <thread>

#include "http/ca_file.h"

namespace deputy::client {

Result<http::Reply, Fault> HttpTransport::send(const http::Call& call) {
  auto reply = http::call(call, limits_);
  if (!reply) return explained(reply.error(), call);
  return reply;
}

Result<http::Reply, Fault> HttpTransport::stream(
    const http::Call& call, const std::function<bool(std::string_view)>& on_chunk) {
  auto reply = http::call_streaming(call, limits_, on_chunk);
  if (!reply) return explained(reply.error(), call);
  return reply;
}

Fail<Fault> HttpTransport::explained(Fault fault, const http::Call& call) const {
  if (!limits_.ca_file.empty())
    if (auto readable = http::check_ca_file(limits_.ca_file); !readable) return std::move(readable).fail();
  if (fault.detail == http::untrusted)
    fault.detail += ": if an authority of your own has signed it, name that one's by DEPUTY_CA_FILE, or save it by "
                    "`deputy login --ca-file`";
  if (!limits_.allow_plain_http && call.url.starts_with("http://"))
    fault.detail = "secrets go over plain http to this machine only: use https, or, in a closed network, set "
                   "DEPUTY_ALLOW_HTTP=1";
  return Fail{std::move(fault)};
}

void HttpTransport::wait(Millis time) { std::this_thread::sleep_for(time); }

bool is_loopback(std::string_view url) {
  if (!url.starts_with("http://")) return false;
  std::string_view rest = url.substr(7);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (rest.find('@') != std::string_view::npos) return false;
  const auto port = rest.starts_with('[') ? rest.find(':', rest.find(']')) : rest.find(':');
  const std::string_view host = rest.substr(0, port);
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

http::FetchLimits limits_for(std::string_view server, std::string ca_file, bool allow_plain_http) {
  http::FetchLimits limits;
  limits.bytes_max = 64 * 1024 * 1024;
  limits.timeout = Millis(30000);
  limits.allow_special_addresses = true;
  limits.allow_plain_http = allow_plain_http || is_loopback(server);
  limits.ca_file = std::move(ca_file);
  return limits;
}

}  // namespace deputy::client
