// deputy token inspect: what a token says, whether it may be believed, and why not.
#include <fmt/format.h>

#include <filesystem>
#include <istream>
#include <ostream>

#include "base/encoding.h"
#include "cli/commands/token.h"
#include "cli/files.h"
#include "cli/key_cache.h"
#include "cli/own_key.h"
#include "cli/session.h"
#include "client/refusal.h"
#include "jose/jwt.h"

namespace deputy::cli {
namespace {

constexpr std::string_view kTimes[] = {"iat", "nbf", "exp", "auth_time"};

// One part of a compact JWS as JSON, for show only: whatever can be read of it.
json::object shown_part(std::string_view part) {
  const auto text = base64url_decode(part);
  if (!text) return {};
  auto object = parse_json_object(*text);
  return object ? std::move(object).take() : json::object{};
}

std::string_view why(jose::Reject reason) {
  using jose::Reject;
  switch (reason) {
    case Reject::malformed: return "it is no well-formed JWT (an opaque token means something to its server only)";
    case Reject::algorithm: return "its algorithm is not one that may be used, or not its key's";
    case Reject::critical: return "it demands an extension that is not known here";
    case Reject::type: return "it is a token of another type";
    case Reject::key: return "the issuer has no key of that kid: withdrawn, or never the issuer's";
    case Reject::signature: return "its signature does not fit: it was altered, or signed by someone else";
    case Reject::expired: return "it has expired";
    case Reject::not_yet: return "it is not valid yet; check both clocks";
    case Reject::issuer: return "another issuer is named in it";
    case Reject::audience: return "it is for another audience";
  }
  return "it was refused";
}

std::string span_text(std::int64_t seconds) {
  const std::int64_t size = seconds < 0 ? -seconds : seconds;
  const std::string amount = size < 120 ? fmt::format("{} s", size)
                             : size < 7200 ? fmt::format("{} min", size / 60)
                             : size < 172'800 ? fmt::format("{} h", size / 3600)
                                              : fmt::format("{} days", size / 86'400);
  return seconds < 0 ? amount + " ago" : "in " + amount;
}

// Times as people read them: "1764567890 (2025-12-01T05:44:50Z, in 4 min)".
json::object readable(json::object claims, Instant now) {
  for (const auto name : kTimes) {
    const auto seconds = json_integer(claims, name);
    if (!seconds || *seconds < 0 || *seconds > 253'402'300'799) continue;  // RFC 3339 ends with the year 9999
    claims[name] = fmt::format("{} ({}, {})", *seconds, rfc3339(from_unix_seconds(*seconds)),
                               span_text(*seconds - unix_seconds(now)));
  }
  return claims;
}

struct Verdict {
  bool verified = false;
  std::string reason;    // jose's name for it, or no_keys; empty if verified
  std::string sentence;
};

Result<Verdict, Failure> judge(const std::string& token, const Line& line, Session& session) {
  const auto rejected = [](jose::Reject reason) {
    return Verdict{false, std::string(jose::name_of(reason)), fmt::format("does not verify: {}", why(reason))};
  };
  // What it says can be shown all the same.
  const auto no_keys = [](const Failure& why) {
    return Verdict{false, "no_keys", fmt::format("cannot be verified: {}; --jwks and --issuer name other keys",
                                                 why.sentence)};
  };
  const auto parts = jose::split(token);
  if (!parts) return rejected(parts.error());
  std::optional<std::string> issuer;
  std::optional<jose::JwkSet> keys;
  std::string source;
  if (line.has("issuer")) issuer = line.text("issuer");
  if (line.has("jwks")) {
    TRY(const std::string text, read_file(line.text("jwks")));
    auto set = jose::JwkSet::parse(text);
    if (!set) return misuse(fmt::format("--jwks: {}", set.error().detail));
    keys = std::move(set).take();
    source = "keys of " + line.text("jwks");
  } else {
    // The server asked is the one the user trusts. Never the one the token names: anyone can write that.
    Profile server;
    if (issuer) {
      TRY(std::string url, server_url(*issuer));
      server.server = std::move(url);
      server.ca_file = session.world().environment("DEPUTY_CA_FILE").value_or("");
    } else {
      auto chosen = choose_server(session.world(), session.profile_name());
      if (!chosen && session.profile_name().empty()) return no_keys(chosen.error());
      if (!chosen) return std::move(chosen).fail();
      server = std::move(chosen).take();
    }
    issuer = server.server;
    if (json_text(parts->claims, "iss") != *issuer) return rejected(jose::Reject::issuer);  // RFC 8725 §3.8
    auto found = keys_of(server, parts->header.kid, session);
    if (!found) return no_keys(found.error());
    keys = std::move(found->keys);
    source = std::move(found->source);
  }
  const std::string type = line.has("type") ? line.text("type") : parts->header.type;
  const std::string audience = line.text("audience");
  jose::Expect expect{.types = {type}, .issuer = {}, .audience = {}};
  if (issuer) expect.issuer = *issuer;
  if (!audience.empty()) expect.audience = audience;
  const auto verified = jose::verify(token, *keys, expect, session.world().clock.now());
  if (!verified) return rejected(verified.error());
  return Verdict{true, "", fmt::format("verifies: {} by {}", crypto::name_of(verified->header.algorithm), source)};
}

void show_part(std::ostream& out, std::string_view title, const json::object& part) {
  out << title << '\n';
  std::size_t wide = 0;
  for (const auto& [name, value] : part) wide = std::max(wide, width(client::printable(name)));
  for (const auto& [name, value] : part) {
    const std::string left = client::printable(name);
    out << "  " << left << std::string(wide - width(left), ' ') << "  " << cell(value) << '\n';
  }
}

Result<std::string, Failure> token_of(const Line& line, Session& session) {
  std::string text = line.text("TOKEN");
  std::error_code code;
  if (text.empty() || text == "-") {
    TRY(std::string piped, read_input("-", session.world()));
    text = std::move(piped);
  } else if (std::filesystem::is_regular_file(text, code)) {
    return misuse("that is a file; a token in a file is piped in: `deputy token inspect - < FILE`");
  }
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  if (text.empty()) return misuse("there is no token; pipe it in, or name it");
  return text;
}

// The key that the token is bound to (RFC 9449 §6.1); empty: it is a bearer token.
std::string bound_to(const json::object& claims) {
  const auto* cnf = json_member_object(claims, "cnf");
  return std::string(cnf == nullptr ? "" : json_text(*cnf, "jkt").value_or(""));
}

Result<Done, Failure> inspect(const Line& line, Session& session) {
  TRY(const std::string token, token_of(line, session));
  TRY(const Verdict verdict, judge(token, line, session));
  const auto first = token.find('.'), second = token.find('.', first == std::string::npos ? first : first + 1);
  const bool parts = first != std::string::npos && second != std::string::npos;
  const json::object header = parts ? shown_part(std::string_view(token).substr(0, first)) : json::object{};
  const json::object claims =
      parts ? shown_part(std::string_view(token).substr(first + 1, second - first - 1)) : json::object{};
  const std::string jkt = bound_to(claims);
  const bool own = !jkt.empty() && is_own_key(session.world(), jkt);
  if (session.format() == Format::table) {
    if (!header.empty()) show_part(session.out(), "Header", header);
    if (!claims.empty()) show_part(session.out(), "Claims", readable(claims, session.world().clock.now()));
    if (!jkt.empty())
      session.out() << "Binding\n  to the key " << client::printable(jkt) << (own ? ", which is yours" : ", not yours")
                    << '\n';
    session.out() << "Verdict\n  " << verdict.sentence << '\n';
  } else {
    json::object shown{{"verified", verdict.verified}, {"sentence", verdict.sentence}, {"header", header},
                       {"claims", claims}};
    if (!jkt.empty()) shown["bound_to"] = json::object{{"jkt", jkt}, {"own_key", own}};
    if (!verdict.verified) shown["reason"] = verdict.reason;
    session.show(shown);
  }
  if (!verdict.verified) return refuse("");  // all is said
  return Done{};
}

}  // namespace

Command token_inspect_command() {
  return {.words = "token inspect",
          .doc = "Show what a token says and whether it verifies, against the keys of the profile's server. Exit "
                 "status 1 when it does not.",
          .example = "deputy token get --resource https://booking.example | deputy token inspect",
          .arguments = {{"TOKEN", "The token; from standard input if it is - or absent.", Argument::Need::optional}},
          .flags = {{.name = "jwks", .value = "FILE", .doc = "Verify with the keys of this file, without any network."},
                    {.name = "issuer", .value = "URL",
                     .doc = "The issuer it must be from, if not the profile's server."},
                    {.name = "audience", .value = "URI", .doc = "What it must be for."},
                    {.name = "type", .value = "TYP", .doc = "The `typ` it must have, such as at+jwt."}},
          .run = inspect};
}

}  // namespace deputy::cli
