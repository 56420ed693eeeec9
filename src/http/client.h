// Outbound HTTPS, for documents that other people's configuration names (jwks_uri): bounded in size and time, no
// redirects, and never to an address inside the house unless the configuration allows it (RFC 9700 §4.11, SSRF).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"
#include "http/message.h"

namespace deputy::http {

struct FetchLimits {
  std::size_t bytes_max = 256 * 1024;
  Millis timeout{5000};
  Seconds silence_max{15};  // of a stream: longer without a byte, and it counts as cut
  // Special-use addresses (loopback, private, link-local, multicast, documentation, CGNAT, v4-mapped…: RFC 6890) are
  // refused after DNS resolution, on the address the connection really goes to, unless this is true.
  bool allow_special_addresses = false;
  bool allow_plain_http = false;  // https only otherwise
  std::string ca_file;            // PEM; empty: the system's
};

struct Fetched {
  int status;
  std::string body;
  std::string cache_control;
};

// GET. Blocks: never call it on a reactor. Faults: invalid (URL or address not allowed), unavailable (network,
// timeout, too large, redirect).
Result<Fetched, Fault> fetch(const std::string& url, const FetchLimits& limits);

// Why no fetch could ever succeed at this URL, as a sentence for whoever wrote it; none where one might. Judges what is
// written, and asks no one: a name's addresses are judged when it is called.
std::optional<std::string_view> why_never_fetched(const std::string& url, const FetchLimits& limits);

// For our own command line talking to a server: any method and body, any status, redirects not followed.
struct Call {
  std::string method, url, body, content_type;
  Headers headers;
};
struct Reply {
  int status;
  Headers headers;
  std::string body;
  std::optional<std::string_view> header(std::string_view name) const;
};
Result<Reply, Fault> call(const Call& call, const FetchLimits& limits);
// As call(), but gives each chunk of a 2xx body to `on_chunk` as it comes, until it returns false or the server ends;
// limits.timeout is for the connect only. The body of any other status is in the reply.
Result<Reply, Fault> call_streaming(const Call& call, const FetchLimits& limits,
                                    const std::function<bool(std::string_view)>& on_chunk);

// True for addresses (text form, v4 or v6) that no outbound fetch may reach by default.
bool is_special_address(const std::string& address);
// The addresses and CIDR blocks of a list, asked of one address. Malformed entries match nothing.
bool address_in(const std::string& address, const std::vector<std::string>& blocks);

}  // namespace deputy::http
