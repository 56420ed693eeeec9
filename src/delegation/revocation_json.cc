// Revocations as JSON, there and back.
#include "delegation/revocation_json.h"

#include <algorithm>
#include <array>

#include "directory/instant.h"

namespace deputy::delegation {
namespace {

constexpr std::array<std::string_view, 5> kinds{"delegation", "principal", "narrowing", "token", "key"};

Fail<Fault> unreadable(const char* what) { return Fail{Fault{Fault::Kind::invalid, what}}; }

}  // namespace

std::string_view name_of(Kills kind) { return kinds.at(static_cast<std::size_t>(kind)); }

json::object to_json(const Revocation& revocation) {
  json::object document{{"seq", revocation.seq},
                        {"previous", revocation.previous},
                        {"kind", name_of(revocation.kind)},
                        {"target", revocation.target},
                        {"issued_before", rfc3339(revocation.issued_before)},
                        {"until", rfc3339(revocation.until)},
                        {"at", rfc3339(revocation.at)},
                        {"reason", revocation.reason}};
  if (revocation.kind == Kills::narrowing) {
    document["resource"] = revocation.resource;
    json::array scopes;
    for (const auto& scope : revocation.scopes) scopes.emplace_back(scope);
    document["scopes"] = std::move(scopes);
  }
  return document;
}

Result<Revocation, Fault> revocation_of(const json::object& document) {
  const auto kind = std::find(kinds.begin(), kinds.end(), json_text(document, "kind").value_or(""));
  if (kind == kinds.end()) return unreadable("a revocation is of no kind that is known here");
  const auto seq = json_integer(document, "seq"), previous = json_integer(document, "previous");
  if (!seq || !previous || *seq < 1 || *previous < 0) return unreadable("a revocation has no number");
  const auto target = json_text(document, "target");
  const auto issued_before = directory::parse_rfc3339(json_text(document, "issued_before").value_or(""));
  const auto until = directory::parse_rfc3339(json_text(document, "until").value_or(""));
  if (!target || !issued_before || !until) return unreadable("a revocation does not say what it kills");
  Revocation revocation{.seq = static_cast<std::uint64_t>(*seq),
                        .previous = static_cast<std::uint64_t>(*previous),
                        .kind = static_cast<Kills>(kind - kinds.begin()),
                        .target = std::string(*target),
                        .issued_before = *issued_before,
                        .until = *until,
                        .at = directory::parse_rfc3339(json_text(document, "at").value_or("")).value_or(Instant()),
                        .reason = text_of(document, "reason")};
  if (revocation.kind != Kills::narrowing) return revocation;
  revocation.resource = json_text(document, "resource").value_or("");
  const auto* scopes = json_member_array(document, "scopes");
  if (revocation.resource.empty() || scopes == nullptr) return unreadable("a narrowing does not say what was lost");
  for (const auto& scope : *scopes) {
    if (!scope.is_string()) return unreadable("a narrowing does not say what was lost");
    revocation.scopes.emplace_back(scope.get_string());
  }
  return revocation;
}

}  // namespace deputy::delegation
