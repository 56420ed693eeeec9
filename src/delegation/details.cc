// Strict reading of authorization_details: nothing unknown is passed over, for it might have been a limit.
#include "delegation/details.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace deputy::delegation {
namespace {

using oauth::Code;
using oauth::Error;

constexpr std::size_t details_max = 20;
constexpr std::int64_t lifetime_max_s = 10ll * 365 * 86'400, uses_max = 1'000'000'000;

Fail<Error> malformed(std::string sentence) {
  return Fail{Error(Code::invalid_authorization_details, std::move(sentence))};
}

template <std::size_t N>
bool only(const json::object& object, const std::array<std::string_view, N>& names) {
  return std::all_of(object.begin(), object.end(), [&](const auto& member) {
    return std::find(names.begin(), names.end(), std::string_view(member.key())) != names.end();
  });
}

Result<Done, Error> read_onward(const json::object& detail, Details& details) {
  constexpr std::array<std::string_view, 4> members{"type", "actor", "resource", "scope"};
  const auto actor = json_text(detail, "actor"), resource = json_text(detail, "resource"),
             scope = json_text(detail, "scope");
  if (!only(detail, members) || !actor || !resource || !scope || actor->empty())
    return malformed("a detail of type onward has an actor, a resource and a scope, and nothing else");
  auto scopes = oauth::ScopeSet::parse(*scope);
  if (!scopes || scopes->empty())
    return malformed("the scope of a detail of type onward is no list of 1 to 256 scopes, 8 KiB at most");
  details.onward.push_back({std::string(*actor), std::string(*resource), std::move(scopes).take()});
  return Done{};
}

// A member that is there must be a whole number within its range.
Result<std::optional<std::int64_t>, Error> bound(const json::object& detail, std::string_view name, std::int64_t least,
                                                 std::int64_t most) {
  if (!detail.contains(name)) return std::optional<std::int64_t>();
  const auto value = json_integer(detail, name);
  if (!value || *value < least || *value > most)
    return malformed("a bound of a detail of type limits is no whole number within its range");
  return value;
}

Result<Done, Error> read_limits(const json::object& detail, Instant asked_at, Details& details) {
  constexpr std::array<std::string_view, 4> members{"type", "expires_in", "max_depth", "uses"};
  if (!only(detail, members)) return malformed("a detail of type limits has expires_in, max_depth and uses");
  TRY(const auto expires_in, bound(detail, "expires_in", 1, lifetime_max_s));
  TRY(const auto depth, bound(detail, "max_depth", 1, depth_max));
  TRY(const auto uses, bound(detail, "uses", 1, uses_max));
  Limits limits;
  if (expires_in) limits.not_after = asked_at + Seconds(*expires_in);
  if (depth) limits.max_depth = static_cast<int>(*depth);
  if (uses) limits.uses = static_cast<std::uint64_t>(*uses);
  details.limits = tightest(details.limits, limits);
  return Done{};
}

}  // namespace

Result<Details, Error> parse_details(std::string_view text, Instant asked_at) {
  const auto parsed = parse_json(text, {.depth_max = 10, .bytes_max = 16 * 1024});
  if (!parsed || !parsed->is_array()) return malformed("authorization_details is no JSON array");
  const auto& list = parsed->get_array();
  if (list.size() > details_max) return malformed("authorization_details holds more than 20 details");
  Details details;
  details.none = list.empty();
  for (const auto& one : list) {
    if (!one.is_object()) return malformed("a member of authorization_details is no JSON object");
    const auto& detail = one.get_object();
    const auto type = json_text(detail, "type");
    if (type == "onward") {
      TRY(auto read, read_onward(detail, details));
    } else if (type == "limits") {
      TRY(auto read, read_limits(detail, asked_at, details));
    } else if (type && !type->empty()) {
      details.registered.push_back(detail);
    } else {
      return malformed("an authorization detail has no type");
    }
  }
  return details;
}

}  // namespace deputy::delegation
