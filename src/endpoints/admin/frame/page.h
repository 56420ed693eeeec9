// Page: limit, cursor and filter of a list, parsed once; and the list's answer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "directory/filter.h"
#include "endpoints/admin/frame/feed_place.h"
#include "endpoints/admin/frame/visit.h"
#include "oauth/form.h"

namespace deputy::endpoints::admin {

// The query, if it has no parameter but these, each once and with a value.
Result<oauth::Form, Problem> query_of(const Visit& visit, std::span<const std::string_view> known);

// From 1 to the configuration's maximum; 50 where none is sent.
Result<std::size_t, Problem> limit_of(const Visit& visit, const oauth::Form& query);

// A cursor is opaque to callers: where the next page begins, with a letter for the list it belongs to.
std::string make_cursor(char list, std::string_view after);
Result<std::string, Problem> cursor_of(const oauth::Form& query, char list);
// As above, holding a place; none: no cursor was sent.
Result<std::optional<FeedPlace>, Problem> place_cursor_of(const oauth::Form& query, char list);
// As above, sealed: of a list that passes over what the caller does not reach, and may have to stop at one of these
// (A38).
std::string make_sealed_cursor(const Visit& visit, std::string_view list, std::string_view after);
Result<std::string, Problem> sealed_cursor_of(const Visit& visit, const oauth::Form& query, std::string_view list);

// An RFC 3339 instant of the query.
Result<std::optional<Instant>, Problem> instant_of(const oauth::Form& query, std::string_view name);

// The question a list is asked, if it asks about fields of these records only. None: no filter was sent.
Result<std::optional<directory::Filter>, Problem> filter_of(const oauth::Form& query, const directory::Noun& noun);

// {"items":[…],"next_cursor":"…"}
http::Response list_response(json::array items, std::string_view next_cursor = {});

}  // namespace deputy::endpoints::admin
