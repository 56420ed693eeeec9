// SseReader: server-sent events (WHATWG HTML §9.2), from chunks that may break anywhere.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace deputy::client {

struct ServerSentEvent {
  std::string id, event, data;
};

class SseReader {
 public:
  // Gives each complete event to `on_event`; stops, and returns false, once that does. Comments are passed over.
  bool feed(std::string_view chunk, const std::function<bool(const ServerSentEvent&)>& on_event);
  const std::string& last_id() const { return last_id_; }

 private:
  bool line(std::string_view text, const std::function<bool(const ServerSentEvent&)>& on_event);

  std::string rest_;  // of a line not yet ended
  ServerSentEvent next_;
  bool has_data_ = false;
  std::string last_id_;
};

}  // namespace deputy::client
