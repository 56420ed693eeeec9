// Reading the query of a list.
#include "endpoints/admin/frame/page.h"

#include <charconv>

#include "base/encoding.h"
#include "directory/instant.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/document.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::size_t limit_default = 50;
constexpr std::size_t cursor_bytes_max = 128;

Problem invalid(std::string detail, std::string_view parameter) {
  return {ProblemType::invalid_request, std::move(detail), std::string(parameter)};
}

// Every parameter of the query must be known: a filter with a typing error would list everything.
bool has_unknown(std::string_view query, std::span<const std::string_view> known) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto name = form_decode(pair.substr(0, std::min(pair.find('='), pair.size())));
    if (!name || (!name->empty() && std::find(known.begin(), known.end(), *name) == known.end())) return true;
  }
  return false;
}

// The value of a parameter that was sent, also an empty one.
std::optional<std::string_view> named(const oauth::Form& form, std::string_view name) {
  for (const auto& [key, value] : form.parameters())
    if (key == name) return value;
  return std::nullopt;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The refusal of a cursor that is none of this list's.
Problem other_list() {
  return invalid("Send the next_cursor of the page before, unchanged, to the same list.", "cursor");
}

std::string sealed_for(const Visit& visit, std::string_view list) {
  return "a cursor of " + std::string(list) + " in " + visit.call.tenant;
}

}  // namespace

Result<oauth::Form, Problem> query_of(const Visit& visit, std::span<const std::string_view> known) {
  const auto& text = visit.call.request.query;
  auto form = oauth::Form::parse(text);
  if (!form) return Fail{Problem(ProblemType::invalid_request, "The query is malformed or repeats a parameter.")};
  if (has_unknown(text, known))
    return Fail{Problem(ProblemType::invalid_request, "The query has a parameter that is not known here.")};
  // That empty is absent is RFC 6749's (§3.1) and no rule here: `?preview` would carry out what it asks about.
  for (const auto name : known)
    if (const auto one = named(*form, name); one && one->empty())
      return Fail{invalid("Give this parameter a value, or leave it out.", name)};
  return std::move(form).take();
}

Result<std::size_t, Problem> limit_of(const Visit& visit, const oauth::Form& query) {
  const auto most = visit.app.config.page_limit_max;
  const auto text = query.get("limit");
  if (!text) return std::min(limit_default, most);
  const auto number = number_in(*text);
  if (!number || *number < 1 || *number > most)
    return Fail{invalid("Send a limit from 1 to " + std::to_string(most) + ".", "limit")};
  return static_cast<std::size_t>(*number);
}

std::string make_cursor(char list, std::string_view after) { return base64url(list + std::string(after)); }

Result<std::string, Problem> cursor_of(const oauth::Form& query, char list) {
  const auto text = query.get("cursor");
  if (!text) return std::string();
  const auto decoded = base64url_decode(*text);
  if (!decoded || decoded->size() < 2 || decoded->size() > cursor_bytes_max || decoded->front() != list)
    return Fail{other_list()};
  return decoded->substr(1);
}

Result<std::optional<FeedPlace>, Problem> place_cursor_of(const oauth::Form& query, char list) {
  TRY(auto text, cursor_of(query, list));
  if (text.empty()) return std::optional<FeedPlace>();
  const auto place = parse_feed_place(text);
  if (!place) return Fail{other_list()};
  return place;
}

std::string make_sealed_cursor(const Visit& visit, std::string_view list, std::string_view after) {
  return base64url(visit.app.seal.seal(Secret(after), sealed_for(visit, list), visit.app.random));
}

Result<std::string, Problem> sealed_cursor_of(const Visit& visit, const oauth::Form& query, std::string_view list) {
  const auto text = query.get("cursor");
  if (!text) return std::string();
  const auto sealed = base64url_decode(*text);
  if (!sealed || sealed->size() > cursor_bytes_max) return Fail{other_list()};
  const auto after = visit.app.seal.open(*sealed, sealed_for(visit, list));
  if (!after) return Fail{other_list()};
  return std::string(after->reveal());
}

Result<std::optional<Instant>, Problem> instant_of(const oauth::Form& query, std::string_view name) {
  const auto text = query.get(name);
  if (!text) return std::optional<Instant>();
  const auto at = directory::parse_rfc3339(*text);
  if (!at) return Fail{invalid("Send an instant as RFC 3339 writes it, such as 2026-11-24T06:03:47Z.", name)};
  return at;
}

Result<std::optional<directory::Filter>, Problem> filter_of(const oauth::Form& query, const directory::Noun& noun) {
  const auto text = query.get("filter");
  if (!text) return std::optional<directory::Filter>();
  auto filter = directory::Filter::parse(*text);
  if (!filter) return Fail{invalid("The filter " + filter.error().sentence + ".", "filter")};
  for (const auto field : filter->fields()) {
    const bool ours = std::find(every_record_has.begin(), every_record_has.end(), field) != every_record_has.end();
    if (!ours && (noun.field(field) == nullptr || is_secret_member(field)))
      return Fail{invalid("The filter asks about a field that these records do not have.", "filter")};
  }
  if (auto fits = filter->fits(noun); !fits)
    return Fail{invalid("The filter " + fits.error().sentence + ".", "filter")};
  return std::optional(std::move(filter).take());
}

http::Response list_response(json::array items, std::string_view next_cursor) {
  json::object list{{"items", std::move(items)}};
  if (!next_cursor.empty()) list["next_cursor"] = next_cursor;
  return json_response(200, json::serialize(list));
}

}  // namespace deputy::endpoints::admin
