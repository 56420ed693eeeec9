// Hints are believed of who they name, never of what anybody may do.
#include "endpoints/authorize/hint.h"

#include "jose/jwt.h"

namespace deputy::endpoints::authorize {

Result<std::optional<Hint>, Fault> read_hint(std::string_view text, const Call& call, App& app) {
  TRY(const auto keys, app.keyring.keys(call.tenant));
  const auto parts = jose::split(text);
  if (!parts) return std::optional<Hint>();
  // The time it was issued is the time it is read at: what has expired since is a hint as good.
  const auto issued_at = json_integer(parts->claims, "iat");
  if (!issued_at || from_unix_seconds(*issued_at) > call.now + Seconds(10)) return std::optional<Hint>();
  const jose::Expect expect{.types = {"jwt"}, .issuer = call.issuer, .audience = std::nullopt};
  if (!jose::verify(*parts, keys->published, expect, from_unix_seconds(*issued_at))) return std::optional<Hint>();
  // An ID token of ours names its party, and nothing else with this `typ` is signed here (A11).
  if (!json_text(parts->claims, "azp")) return std::optional<Hint>();
  Hint hint{.client_id = text_of(parts->claims, "aud"),
            .user = text_of(parts->claims, "sub"),
            .sid = text_of(parts->claims, "sid")};
  if (hint.client_id.empty() || hint.user.empty()) return std::optional<Hint>();
  return std::optional(std::move(hint));
}

}  // namespace deputy::endpoints::authorize
