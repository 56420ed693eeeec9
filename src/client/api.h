// Api: JSON calls to Deputy's /v1 as one client, with its token fetched, kept and renewed along the way.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "client/discovery.h"
#include "client/refusal.h"
#include "client/sse.h"
#include "client/token_source.h"
#include "client/transport.h"

namespace deputy::client {

using Query = std::vector<std::pair<std::string, std::string>>;

class Api {
 public:
  Api(Transport& transport, const Clock& clock, Random& random, std::string issuer, Credentials credentials)
      : transport_(transport),
        clock_(clock),
        random_(random),
        issuer_(std::move(issuer)),
        tokens_(transport, clock, std::move(credentials)) {}

  // Paths begin behind /v1: "/agents/agt_…". A POST bears an Idempotency-Key, so that a lost answer can be asked for
  // again without doing the thing twice.
  Result<json::object, Refusal> get(const std::string& path, const Query& query = {});
  Result<std::string, Refusal> get_text(const std::string& path, const Query& query = {});
  Result<json::object, Refusal> post(const std::string& path, const json::object& body);
  // With a version, the change is made only to that version (RFC 9110 §13.1.1).
  Result<json::object, Refusal> patch(const std::string& path, const json::object& body,
                                      std::optional<std::int64_t> version = {});
  Result<Done, Refusal> remove(const std::string& path);
  // The same with a query by which nothing is removed, but something answered.
  Result<json::object, Refusal> remove(const std::string& path, const Query& query);

  // What is not JSON, and may be large: at most so many octets, in whatever time it takes as long as some come. Asked
  // for again as a busy server says, and once with a fresh token.
  Result<std::string, Refusal> fetch(const std::string& path, const std::string& accept, std::size_t octets_max);
  // One connection of server-sent events, behind `last_id`, until `on_event` says false or the server ends it. A
  // refused token is forgotten, so that the next connection brings a new one.
  Result<http::Reply, Refusal> stream(const std::string& path, const Query& query, const std::string& last_id,
                                      const std::function<bool(const ServerSentEvent&)>& on_event);

  // A list page after page, as each arrives: at most so many items of all, and until `on_page` says false.
  Result<Done, Refusal> pages(const std::string& path, const Query& query, std::size_t most,
                              const std::function<bool(json::array)>& on_page);
  // Every item of a list, page after page. `on_page` hears how many there are so far.
  Result<json::array, Refusal> list(const std::string& path, const Query& query = {},
                                    const std::function<void(std::size_t)>& on_page = {});
  // The server's events as they happen, behind `last_id`; returns when `on_event` says false. A connection that ends,
  // or cannot be made for however long, is resumed where it broke off, until the server has understood and says no:
  // 410 where it does not know that place.
  Result<Done, Refusal> follow(const std::string& path, const Query& query, std::string last_id,
                               const std::function<bool(const json::object&)>& on_event);

  Result<Token, Refusal> token(const std::string& resource, const std::string& scope);
  // A token exchange (RFC 8693): the parameters besides grant_type, with none but those that have a value.
  Result<Token, Refusal> exchange(const Query& parameters);
  // From now on every token is bound to this key, which outlives this, and each call proves it (RFC 9449).
  void bind_to(DpopKey& key) {
    key_ = &key;
    tokens_.bind_to(key);
  }
  Result<Discovery, Refusal> server();
  const std::string& issuer() const { return issuer_; }
  Transport& transport() { return transport_; }

 private:
  Result<http::Reply, Refusal> stream(SseReader& reader, const std::string& path, const Query& query,
                                      const std::string& last_id,
                                      const std::function<bool(const ServerSentEvent&)>& on_event);
  using OnChunk = std::function<bool(std::string_view)>;
  Result<http::Reply, Refusal> stream_once(http::Call call, const OnChunk& on_chunk);  // refused: whatever is not 200
  Result<http::Reply, Refusal> open(http::Call call, const OnChunk& on_chunk);  // whatever the answer
  Result<http::Reply, Refusal> send(http::Call call);
  Result<http::Reply, Refusal> send_once(http::Call call);
  Result<json::object, Refusal> answer(http::Call call);
  void authorize(http::Call& call, const Token& token) const;
  std::string url(const std::string& path, const Query& query) const;

  Transport& transport_;
  const Clock& clock_;
  Random& random_;
  std::string issuer_;
  TokenSource tokens_;
  DpopKey* key_ = nullptr;
  std::optional<Discovery> server_;
};

}  // namespace deputy::client
