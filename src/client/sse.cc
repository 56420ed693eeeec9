// Lines into fields, fields into events; an empty line ends one.
#include "client/sse.h"

namespace deputy::client {

bool SseReader::feed(std::string_view chunk, const std::function<bool(const ServerSentEvent&)>& on_event) {
  rest_ += chunk;
  std::size_t from = 0;
  for (std::size_t end; (end = rest_.find('\n', from)) != std::string::npos; from = end + 1) {
    std::string_view text(rest_.data() + from, end - from);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (!line(text, on_event)) return false;
  }
  rest_.erase(0, from);
  return true;
}

bool SseReader::line(std::string_view text, const std::function<bool(const ServerSentEvent&)>& on_event) {
  if (text.empty()) {
    if (!next_.id.empty()) last_id_ = next_.id;  // only now: an event that breaks off must come again
    const ServerSentEvent event = std::exchange(next_, {});
    if (!std::exchange(has_data_, false)) return true;  // §9.2.6: an event without data is not dispatched
    return on_event(event);
  }
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (has_data_) next_.data += '\n';
    next_.data += value;
    has_data_ = true;
  } else if (name == "event") {
    next_.event = value;
  } else if (name == "id") {
    next_.id = value;
  }
  return true;
}

}  // namespace deputy::client
