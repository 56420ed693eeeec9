// deputy token proof: a DPoP proof for one request with a bound token (RFC 9449 §4), for what is no client of its own.
#include <algorithm>
#include <ostream>

#include "cli/commands/token.h"
#include "cli/own_key.h"
#include "http/client.h"
#include "jose/jwt.h"

namespace deputy::cli {
namespace {

// RFC 9110 §9.1, §5.6.2: a method is a token.
bool is_method(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    return plain || others.find(c) != std::string_view::npos;
  });
}

// RFC 9449 §6.1: what a JWT says of the key it is bound to; of an opaque token only its server knows.
Result<Done, Failure> check_bound(const std::string& token, const client::DpopKey& key) {
  const auto parts = jose::split(token);
  if (!parts) return Done{};
  const auto* cnf = json_member_object(parts->claims, "cnf");
  const auto jkt = cnf != nullptr ? json_text(*cnf, "jkt") : std::nullopt;
  if (!jkt) return refuse("the token is bound to no key, so it needs no proof: send it as a Bearer token");
  if (*jkt != key.thumbprint()) return refuse("the token is bound to another key than yours: get one with --dpop");
  return Done{};
}

Result<Done, Failure> prove(const Line& line, Session& session) {
  if (!is_method(line.text("method"))) return misuse("--method takes a method such as GET");
  http::FetchLimits any;
  any.allow_special_addresses = any.allow_plain_http = true;
  if (http::why_never_fetched(line.text("url"), any))
    return misuse("--url takes the whole URL of the request, such as https://booking.example/trips");
  TRY(const std::string token, read_token(line.text("token-file"), session));
  TRY(client::DpopKey key, own_key(session.world()));
  TRY(const Done bound, check_bound(token, key));
  key.use_nonce(line.text("nonce"));
  const std::string proof = key.proof(line.text("method"), line.text("url"), token);
  if (session.format() == Format::table)
    session.out() << proof << '\n';
  else
    session.show(json::object{{"proof", proof}, {"jkt", key.thumbprint()}});
  return Done{};
}

}  // namespace

Command token_proof_command() {
  return {.words = "token proof",
          .doc = "Make a DPoP proof for one request with a token that is bound to your key; prints it and nothing "
                 "else.",
          .example = "curl -H \"Authorization: DPoP $(cat token)\" -H \"DPoP: $(deputy token proof --token-file token "
                     "--method GET --url https://booking.example/trips)\" https://booking.example/trips",
          .flags = {{.name = "token-file", .value = "FILE",
                     .doc = "The token, on a line of its own; - for standard input.", .need = Flag::Need::required},
                    {.name = "method", .value = "METHOD", .doc = "The request's.", .need = Flag::Need::required},
                    {.name = "url", .value = "URL", .doc = "The request's.", .need = Flag::Need::required},
                    {.name = "nonce", .value = "NONCE", .doc = "What the resource gave as DPoP-Nonce."}},
          .run = prove};
}

}  // namespace deputy::cli
