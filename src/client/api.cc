// One call to /v1: its token, its retries, its answer.
#include "client/api.h"

#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "base/id.h"
#include "base/log.h"
#include "client/retry.h"

namespace deputy::client {
namespace {

constexpr std::size_t page_size = 200;  // the largest there is
constexpr Millis follow_pause{1000}, follow_pause_max{10'000};

// Whether the same call may be answered later: the server was away or busy, or takes this token no more, but may take
// the next. Who gets no token (RFC 6749 §5.2) is known no more.
bool may_pass(const Refusal& refusal) {
  if (refusal.status == 0) return refusal.code == "unreachable";
  if (refusal.status == 401) return refusal.code != "invalid_client";
  return refusal.status == 429 || refusal.status >= 500;
}

Refusal unusable(std::string sentence, int status = 0) {
  return {.status = status, .code = "answer", .sentence = std::move(sentence), .field = {}, .correlation_id = {}};
}

std::string text_of(const json::object& body) { return json::serialize(body); }

}  // namespace

std::string Api::url(const std::string& path, const Query& query) const {
  std::string url = issuer_ + "/v1" + path;
  char joint = '?';
  for (const auto& [name, value] : query) {
    url += joint + percent_encode(name) + "=" + percent_encode(value);
    joint = '&';
  }
  return url;
}

Result<Discovery, Refusal> Api::server() {
  if (!server_) {
    TRY(Discovery found, discover(transport_, issuer_));
    server_ = std::move(found);
  }
  return *server_;
}

Result<Token, Refusal> Api::token(const std::string& resource, const std::string& scope) {
  TRY(const Discovery found, server());
  return tokens_.token(found, resource, scope);
}

Result<Token, Refusal> Api::exchange(const Query& parameters) {
  TRY(const Discovery found, server());
  return tokens_.exchange(found, parameters);
}

void Api::authorize(http::Call& call, const Token& token) const {
  call.headers.emplace_back("Authorization", (key_ == nullptr ? "Bearer " : "DPoP ") + token.access_token);
  if (key_ != nullptr) call.headers.emplace_back("DPoP", key_->proof(call.method, call.url, token.access_token));
}

Result<http::Reply, Refusal> Api::send_once(http::Call call) {
  TRY(const Discovery found, server());
  TRY(const Token token, tokens_.token(found, found.api(), ""));
  auto signed_call = call;
  authorize(signed_call, token);
  auto reply = transport_.send(signed_call);
  if (reply && key_ != nullptr && key_->again(*reply)) {
    authorize(call, token);
    reply = transport_.send(call);
  }
  if (!reply) return Fail{refusal_of(reply.error(), call.url)};
  return *reply;
}

Result<http::Reply, Refusal> Api::send(http::Call call) {
  if (!http::only_value(call.headers, "Accept"))
    call.headers.emplace_back("Accept", "application/json, application/problem+json");
  // Where no answer came the call may yet have been heard: only what may safely happen twice is sent again.
  const bool repeatable = call.method == "GET" || call.method == "POST";
  bool renewed = false;
  for (int attempt = 0;; ++attempt) {
    auto reply = send_once(call);
    if (!reply) {
      if (!repeatable || reply.error().code != "unreachable" || attempt > 0) return reply;
      transport_.wait(Millis(500));
      continue;
    }
    if (reply->status == 401 && !renewed) {  // the kept token may have been revoked: one fresh one decides
      renewed = true;
      tokens_.forget();
      continue;
    }
    const auto wait = retry_after(*reply, attempt);
    if (!wait) return reply;
    transport_.wait(*wait);
  }
}

Result<json::object, Refusal> Api::answer(http::Call call) {
  TRY(const http::Reply reply, send(std::move(call)));
  if (reply.status < 200 || reply.status > 299) return Fail{refusal_of(reply)};
  if (reply.body.empty()) return json::object{};
  auto body = parse_json_object(reply.body, {.depth_max = 32, .bytes_max = 16 * 1024 * 1024});
  if (!body) return Fail{unusable("the server's answer is not a JSON object", reply.status)};
  return *body;
}

Result<json::object, Refusal> Api::get(const std::string& path, const Query& query) {
  return answer({.method = "GET", .url = url(path, query), .body = {}, .content_type = {}, .headers = {}});
}

Result<std::string, Refusal> Api::get_text(const std::string& path, const Query& query) {
  TRY(http::Reply reply,
      send({.method = "GET", .url = url(path, query), .body = {}, .content_type = {}, .headers = {}}));
  if (reply.status != 200) return Fail{refusal_of(reply)};
  return std::move(reply.body);
}

Result<json::object, Refusal> Api::post(const std::string& path, const json::object& body) {
  return answer({.method = "POST",
                 .url = url(path, {}),
                 .body = text_of(body),
                 .content_type = "application/json",
                 .headers = {{"Idempotency-Key", make_id("cli", clock_.now(), random_)}}});
}

Result<json::object, Refusal> Api::patch(const std::string& path, const json::object& body,
                                         std::optional<std::int64_t> version) {
  http::Call call{.method = "PATCH", .url = url(path, {}), .body = text_of(body),
                  .content_type = "application/merge-patch+json", .headers = {}};
  if (version) call.headers.emplace_back("If-Match", "\"" + std::to_string(*version) + "\"");
  return answer(std::move(call));
}

Result<Done, Refusal> Api::remove(const std::string& path) {
  TRY(const json::object body, remove(path, {}));
  return Done{};
}

Result<json::object, Refusal> Api::remove(const std::string& path, const Query& query) {
  return answer({.method = "DELETE", .url = url(path, query), .body = {}, .content_type = {}, .headers = {}});
}

Result<http::Reply, Refusal> Api::stream(const std::string& path, const Query& query, const std::string& last_id,
                                         const std::function<bool(const ServerSentEvent&)>& on_event) {
  SseReader reader;
  return stream(reader, path, query, last_id, on_event);
}

Result<http::Reply, Refusal> Api::stream(SseReader& reader, const std::string& path, const Query& query,
                                         const std::string& last_id,
                                         const std::function<bool(const ServerSentEvent&)>& on_event) {
  http::Call call{.method = "GET", .url = url(path, query), .body = {}, .content_type = {},
                  .headers = {{"Accept", "text/event-stream"}}};
  if (!last_id.empty()) call.headers.emplace_back("Last-Event-ID", last_id);
  return stream_once(std::move(call), [&](std::string_view chunk) { return reader.feed(chunk, on_event); });
}

Result<std::string, Refusal> Api::fetch(const std::string& path, const std::string& accept,
                                        std::size_t octets_max) {
  std::string text;
  bool too_large = false;
  const http::Call call{.method = "GET", .url = url(path, {}), .body = {}, .content_type = {},
                        .headers = {{"Accept", accept + ", application/problem+json"}}};
  for (int attempt = 0;; ++attempt) {
    const auto reply = open(call, [&](std::string_view chunk) {
      too_large = text.size() + chunk.size() > octets_max;
      if (!too_large) text += chunk;
      return !too_large;
    });
    if (too_large) return Fail{unusable("the server's answer is larger than is taken here")};
    if (!reply) return Fail{reply.error()};
    if (reply->status == 200) return text;
    const bool renewed = reply->status == 401 && attempt == 0;
    const auto wait = renewed ? Millis(0) : retry_after(*reply, attempt);
    if (!wait) return Fail{refusal_of(*reply)};
    transport_.wait(*wait);
  }
}

Result<http::Reply, Refusal> Api::open(http::Call call, const OnChunk& on_chunk) {
  TRY(const Discovery found, server());
  TRY(const Token token, tokens_.token(found, found.api(), ""));
  authorize(call, token);
  auto reply = transport_.stream(call, on_chunk);
  if (!reply) return Fail{refusal_of(reply.error(), call.url)};
  if (key_ != nullptr) key_->again(*reply);  // the next connection bears the nonce
  if (reply->status == 401) tokens_.forget();
  return *reply;
}

Result<http::Reply, Refusal> Api::stream_once(http::Call call, const OnChunk& on_chunk) {
  TRY(http::Reply reply, open(std::move(call), on_chunk));
  if (reply.status != 200) return Fail{refusal_of(reply)};
  return reply;
}

Result<Done, Refusal> Api::pages(const std::string& path, const Query& query, std::size_t most,
                                 const std::function<bool(json::array)>& on_page) {
  json::value last;  // of the page before
  std::string cursor;
  for (std::size_t count = 0; count < most;) {
    Query asked = query;
    asked.emplace_back("limit", std::to_string(std::min(most - count, page_size)));
    if (!cursor.empty()) asked.emplace_back("cursor", cursor);
    TRY(json::object page, get(path, asked));
    const json::array* found = json_member_array(page, "items");
    if (!found) return Fail{unusable("the server answered a list without items")};
    json::array items = *found;
    if (items.size() > most - count) items.resize(most - count);
    // A sealed cursor differs each time, though it stands where the one before did.
    const bool goes_round = !items.empty() && items.back() == last;
    count += items.size();
    if (!items.empty()) last = items.back();
    if (!on_page(std::move(items))) return Done{};
    const std::string next(json_text(page, "next_cursor").value_or(""));
    if (next.empty()) return Done{};
    if (next == cursor || goes_round) return Fail{unusable("the server's list does not end")};
    cursor = next;
  }
  return Done{};
}

Result<json::array, Refusal> Api::list(const std::string& path, const Query& query,
                                       const std::function<void(std::size_t)>& on_page) {
  json::array all;
  TRY(const Done read, pages(path, query, SIZE_MAX, [&](const json::array& items) {
    all.insert(all.end(), items.begin(), items.end());
    if (on_page) on_page(all.size());
    return true;
  }));
  return all;
}

Result<Done, Refusal> Api::follow(const std::string& path, const Query& query, std::string last_id,
                                  const std::function<bool(const json::object&)>& on_event) {
  for (Millis pause = follow_pause;; pause = std::min(pause * 2, follow_pause_max)) {
    bool stopped = false;
    SseReader reader;
    const auto reply = stream(reader, path, query, last_id, [&](const ServerSentEvent& event) {
      auto body = parse_json_object(event.data, {.depth_max = 32, .bytes_max = 1024 * 1024});
      if (body) stopped = !on_event(*body);
      return !stopped;
    });
    if (stopped) return Done{};
    const bool heard = !reader.last_id().empty();  // a quiet server's heartbeat counts too
    if (heard) last_id = reader.last_id();
    if (!reply && !may_pass(reply.error())) return Fail{reply.error()};
    if (reply || heard) pause = follow_pause;
    else log::line(log::Level::warn, "following_interrupted", {{"detail", reply.error().sentence}});
    transport_.wait(pause);
  }
}

}  // namespace deputy::client
