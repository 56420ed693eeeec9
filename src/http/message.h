// Requests and responses as plain values: what a handler sees of HTTP (RFC 9110).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace deputy::http {

// In the order they came. Names compare without case; a value has no surrounding white space.
using Headers = std::vector<std::pair<std::string, std::string>>;
// The one value of a header; none if it is absent or stands more than once.
std::optional<std::string_view> only_value(const Headers& headers, std::string_view name);

struct Request {
  std::string method;
  std::string path;   // as sent, before the '?'; percent-encoding untouched
  std::string query;  // as sent, after the '?', without it
  Headers headers;
  std::string body;
  std::string peer;            // the client's address; a trusted proxy's word for it where one is configured
  bool proxied = false;        // by a trusted proxy, whose X-Forwarded-For is believed
  bool secure = false;         // TLS here or at a proxy
  std::string correlation_id;  // `req_…`, made by the server for each request

  // The one value of a header; none if it is absent or stands more than once (see count()).
  std::optional<std::string_view> header(std::string_view name) const;
  std::size_t count(std::string_view name) const;
};

// A body that comes piece by piece: the reactor asks for more when it is woken, and after each pause, until the client
// goes or finished(). Neither call may block. A feed with nothing to say says so now and then: an empty line in time
// keeps proxies from closing.
class Feed {
 public:
  virtual ~Feed() = default;
  virtual std::string next() = 0;  // what there is to send now; may be empty
  virtual bool finished() const { return false; }
  // A stream may end anywhere, as where the server stops; what is one document goes on to its end, or is cut off for
  // all to see (RFC 9112 §8).
  enum class Ends { anywhere, when_finished };
  virtual Ends ends() const { return Ends::anywhere; }
  // Sent last where the server stops before the feed is finished: what makes a whole of what was sent.
  virtual std::string farewell() { return {}; }
  // How a feed says that it has something: `wake` may be called from any thread, at any time, even when the client is
// gone.
  virtual void listen(std::function<void()> wake) { (void)wake; }
  virtual std::chrono::milliseconds pause() const { return std::chrono::milliseconds(250); }
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  std::shared_ptr<const std::string> document;  // instead of `body`: one that many responses have
  Headers headers;             // without Content-Type, Content-Length, Connection, Date: the server writes those
  std::string_view lines;      // whole header lines more, each with its end; text that lives as long as the process
  std::shared_ptr<Feed> feed;  // if set, streamed after `body` (chunked), and the connection closes at its end
};

}  // namespace deputy::http
