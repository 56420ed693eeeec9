// StreamToken: what a stream, or an answer that is waited for, was opened by: neither may outlive its token.
#pragma once

#include <string>

#include "base/secret.h"
#include "endpoints/admin/frame/feed_place.h"
#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

class StreamToken {
 public:
  StreamToken(const Visit& visit, std::string_view scope);
  // True once a second, to send a sign of life; good() is then known anew.
  bool second_passed();
  void look_again();  // good() is known anew
  bool good() const { return good_; }

 private:
  App& app_;
  const std::string tenant_, issuer_, scope_;
  const Secret token_;
  Instant checked_;
  bool good_ = true;
};

// The Last-Event-ID a stream is resumed by, where there is one. Problems: invalid_request (no place, as all of an
// event stream's are).
Result<std::optional<FeedPlace>, Problem> last_event_id(const Visit& visit);
bool wants_stream(const Visit& visit);
// The first part of a stream; with the place it is resumed at if it breaks before anything was told.
http::Response stream_response(std::shared_ptr<http::Feed> feed, const std::optional<FeedPlace>& place = {});

}  // namespace deputy::endpoints::admin
