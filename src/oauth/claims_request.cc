// Members that are not understood are passed over (OpenID Connect Core §5.5); those that are must be what they are for.
#include "oauth/claims_request.h"

#include <algorithm>

#include "base/json.h"

namespace deputy::oauth {
namespace {

constexpr std::size_t claims_max = 4096, values_max = 10;

Fail<Error> malformed(std::string sentence) { return Fail{Error(Code::invalid_request, std::move(sentence))}; }

// §5.5.1: one value or several, in order of preference.
std::vector<std::string> values_of(const json::object& claim) {
  std::vector<std::string> values;
  if (const auto value = json_text(claim, "value")) values.emplace_back(*value);
  for (auto& value : texts_of(claim, "values")) values.push_back(std::move(value));
  return values;
}

bool is_texts(const json::value* values) {
  const auto* list = values->if_array();
  return list != nullptr && !list->empty() &&
         std::all_of(list->begin(), list->end(), [](const auto& one) { return one.is_string(); });
}

// Serializers write members that they have nothing for as null.
bool is_absent(const json::value* value) { return value == nullptr || value->is_null(); }

// §5.5.1.1: what cannot be read of an essential acr must not pass for none that is asked for.
bool is_readable(const json::object& acr) {
  const auto *value = acr.if_contains("value"), *values = acr.if_contains("values");
  return (is_absent(value) || value->is_string()) && (is_absent(values) || is_texts(values));
}

// Whom both members name, where both name somebody. What cannot be read names nobody, and nobody is no anybody.
Result<Done, Error> add_sub(const json::object& claim, ClaimsRequest& out) {
  if (!claim.contains("value") && !claim.contains("values")) return Done{};
  auto named = values_of(claim);
  if (!out.subs.empty())
    std::erase_if(named, [&](const auto& one) {
      return std::find(out.subs.begin(), out.subs.end(), one) == out.subs.end();
    });
  if (named.empty() || named.size() > values_max) return malformed("the sub of claims names nobody");
  out.subs = std::move(named);
  return Done{};
}

Result<Done, Error> add(const json::object& claims, std::string_view member, std::vector<ClaimsRequest::Claim>& to,
                        ClaimsRequest& out) {
  if (!claims.contains(member)) return Done{};
  const auto* asked = json_member_object(claims, member);
  if (asked == nullptr) return malformed("id_token and userinfo of claims are JSON objects");
  for (const auto& [name, value] : *asked) {
    if (!value.is_null() && !value.is_object()) return malformed("each of claims is null or a JSON object");
    const json::object none;
    const auto& claim = value.is_object() ? value.get_object() : none;
    to.push_back({std::string(name), json_boolean(claim, "essential").value_or(false)});
    if (name != "sub") continue;
    TRY(const auto added, add_sub(claim, out));
  }
  return Done{};
}

enum class From { request, store };

Result<ClaimsRequest, Error> read(std::string_view text, From from) {
  ClaimsRequest out;
  if (text.empty()) return out;
  const auto claims = parse_json_object(text, {.depth_max = 6, .bytes_max = claims_max});
  if (!claims) return malformed("claims is no JSON object of at most 4 KiB");
  TRY(const auto of_id_token, add(*claims, "id_token", out.id_token, out));
  TRY(const auto of_userinfo, add(*claims, "userinfo", out.userinfo, out));
  const auto* id_token = json_member_object(*claims, "id_token");
  const auto* acr = id_token != nullptr ? json_member_object(*id_token, "acr") : nullptr;
  if (acr == nullptr || !json_boolean(*acr, "essential").value_or(false)) return out;
  if (from == From::request && !is_readable(*acr))
    return malformed("the value of an essential acr is a string, its values a list of them");
  out.essential_acr = values_of(*acr);
  if (out.essential_acr.size() > values_max) return malformed("an essential acr holds at most 10 values");
  return out;
}

}  // namespace

Result<ClaimsRequest, Error> ClaimsRequest::parse(std::string_view text) { return read(text, From::request); }

Result<ClaimsRequest, Error> ClaimsRequest::parse_stored(std::string_view text) { return read(text, From::store); }

}  // namespace deputy::oauth
