// Server-sent events: what is the same for every stream of /v1.
#include "endpoints/admin/frame/stream_token.h"

#include "http/media_type.h"

namespace deputy::endpoints::admin {
namespace {

Secret token_of(const Visit& visit) {
  const auto header = visit.call.request.header("Authorization").value_or("");
  return Secret(header.substr(header.rfind(' ') + 1));
}

}  // namespace

StreamToken::StreamToken(const Visit& visit, std::string_view scope)
    : app_(visit.app),
      tenant_(visit.call.tenant),
      issuer_(visit.call.issuer),
      scope_(scope),
      token_(token_of(visit)),
      checked_(visit.call.now) {}

// A clock that was set back says nothing of the time that has passed: a second may have.
bool StreamToken::second_passed() {
  const auto now = app_.clock.now();
  if (now >= checked_ && now < checked_ + Seconds(1)) return false;
  look_again();
  return true;
}

void StreamToken::look_again() {
  checked_ = app_.clock.now();
  const auto caller = authenticate_token(token_.reveal(), tenant_, issuer_, app_, scope_, checked_);
  good_ = caller && reach_of(*caller, tenant_, issuer_, app_, scope_).all();
}

// Whoever sends another server's place, or a part of one, would begin now and miss what was before.
Result<std::optional<FeedPlace>, Problem> last_event_id(const Visit& visit) {
  const auto& request = visit.call.request;
  if (request.count("Last-Event-ID") == 0) return std::optional<FeedPlace>();
  const auto place = parse_feed_place(request.header("Last-Event-ID").value_or(""));
  if (place) return place;
  return Fail{Problem(ProblemType::invalid_request, "Send the last `id` of the stream, as it was told, or no "
                                                    "Last-Event-ID.", "Last-Event-ID")};
}

bool wants_stream(const Visit& visit) {
  return http::prefers(visit.call.request, "text/event-stream", "application/json");
}

http::Response stream_response(std::shared_ptr<http::Feed> feed, const std::optional<FeedPlace>& place) {
  http::Response response;
  response.content_type = "text/event-stream";
  response.headers = {{"Cache-Control", "no-store"}};
  response.body = ": following\n";
  if (place) response.body.append("id: ").append(text_of(*place)).append("\n");
  response.body.push_back('\n');
  response.feed = std::move(feed);
  return response;
}

}  // namespace deputy::endpoints::admin
