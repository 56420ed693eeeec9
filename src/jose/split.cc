// Taking a compact JWS apart (RFC 7515 §5.2), strictly: one spelling, one reading, nothing believed.
#include <algorithm>

#include "base/encoding.h"
#include "jose/jwt.h"

namespace deputy::jose {
namespace {

// RFC 7515 §4.1.9: a media type, compared without case, "application/" left out where nothing else has a slash.
std::string normal_type(std::string_view text) {
  constexpr std::string_view prefix = "application/";
  std::string type(text);
  for (char& c : type)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (type.starts_with(prefix) && type.find('/', prefix.size()) == std::string::npos) type.erase(0, prefix.size());
  return type;
}

Result<json::object, Reject> decode_object(std::string_view part, std::size_t bytes_max) {
  const auto text = base64url_decode(part);
  if (!text) return Fail{Reject::malformed};  // RFC 7515 §5.2 steps 2 and 7
  auto object = parse_json_object(*text, {.bytes_max = bytes_max});
  if (!object) return Fail{Reject::malformed};  // RFC 7515 §5.2 step 3, RFC 7519 §7.2 step 10
  return std::move(object).take();
}

Result<Header, Reject> read_header(const json::object& members) {
  const auto algorithm = crypto::algorithm_named(json_text(members, "alg").value_or(""));
  if (!algorithm) return Fail{Reject::algorithm};  // RFC 8725 §3.1, §3.2
  // We know no extension, so whatever is critical is one we do not know. b64=false is refused in a JWT outright.
  if (members.contains("crit")) return Fail{Reject::critical};  // RFC 7515 §4.1.11
  const auto* b64 = members.if_contains("b64");
  if (b64 != nullptr && *b64 != json::value(true)) return Fail{Reject::critical};  // RFC 7797 §7
  Header header{.algorithm = *algorithm, .kid = std::nullopt, .type = {}};
  if (members.contains("kid")) {
    const auto kid = json_text(members, "kid");
    if (!kid) return Fail{Reject::malformed};  // RFC 7515 §4.1.4
    header.kid = std::string(*kid);
  }
  if (members.contains("typ")) {
    header.type = normal_type(json_text(members, "typ").value_or(""));
    if (header.type.empty()) return Fail{Reject::malformed};  // RFC 7515 §4.1.9: "" is not "absent"
  }
  return header;
}

}  // namespace

std::string_view name_of(Reject reason) {
  switch (reason) {
    case Reject::malformed: return "malformed";
    case Reject::algorithm: return "algorithm";
    case Reject::critical: return "critical";
    case Reject::type: return "type";
    case Reject::key: return "key";
    case Reject::signature: return "signature";
    case Reject::expired: return "expired";
    case Reject::not_yet: return "not_yet";
    case Reject::issuer: return "issuer";
    case Reject::audience: return "audience";
  }
  return "malformed";
}

Result<Parts, Reject> split(std::string_view compact, std::size_t most) {
  if (compact.size() > most) return Fail{Reject::malformed};
  const auto first = compact.find('.');
  const auto second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  // RFC 7515 §7.1: three parts. A fourth would stand in the signature, whose alphabet has no dot.
  if (second == std::string_view::npos) return Fail{Reject::malformed};
  TRY(auto members, decode_object(compact.substr(0, first), octets_max));
  TRY(auto header, read_header(members));
  TRY(auto claims, decode_object(compact.substr(first + 1, second - first - 1), most));
  auto signature = base64url_decode(compact.substr(second + 1));
  if (!signature || signature->empty()) return Fail{Reject::malformed};  // RFC 7515 §5.2 step 6; RFC 8725 §3.2
  return Parts{.header = std::move(header),
               .claims = std::move(claims),
               .signing_input = compact.substr(0, second),
               .signature = std::move(*signature),
               .header_members = std::move(members)};
}

}  // namespace deputy::jose
