// Which events a filter wants, decided on the encoded event, so that no store keeps its members a second time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "store/store.h"

namespace deputy::store {

// A page of events ends behind the one with which it has so many bytes: they are few or large.
inline constexpr std::size_t event_page_bytes = 4 * 1024 * 1024;

class EventMatcher {
 public:
  EventMatcher(std::string_view tenant, const EventFilter& filter);

  bool matches(std::string_view tenant, Instant at, std::string_view body) const;

 private:
  struct Condition {
    std::vector<std::string_view> members;  // one of these is the value, or a list that has it
    std::string value;
    bool prefix = false;
    std::vector<std::string> needles;  // what an event that holds it has in its bytes, in this order: most have not
    bool holds_of(const json::object& event) const;
  };
  void want(std::string_view member, std::string_view value, bool prefix = false);
  void want_among(std::vector<std::string_view> members, std::string_view value);
  bool confirmed(std::string_view body) const;

  std::string tenant_;
  std::optional<Instant> from_, to_;
  std::vector<Condition> conditions_;
};

// The id of the event that issued this token: the same letters under another prefix. Other text is given back.
std::string event_id_of(std::string_view id_or_jti);

}  // namespace deputy::store
