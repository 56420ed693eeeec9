// FeedPlace: where somebody stands in a sequence, of a tenant's revocations or of events, and in which history of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "delegation/revocation.h"

namespace deputy::endpoints::admin {

// At the entry of this seq and tag; a tag of 0 is not known: then the place is no more than a number.
struct FeedPlace {
  std::uint64_t seq = 0, tag = 0;
};
inline FeedPlace feed_place(const delegation::Revocation& entry) { return {entry.seq, entry.tag}; }

// "41-5577006791947779410", or "41" without a tag: one word to whoever follows.
std::string text_of(const FeedPlace& place);
std::optional<FeedPlace> parse_feed_place(std::string_view text);

}  // namespace deputy::endpoints::admin
