// deputy token proof: a DPoP proof for one request with a bound token (RFC 9449 §4), for what is no client of its own.
#include <ostream>

#include "cli/commands/token.h"
#include "cli/own_key.h"

namespace deputy::cli {
namespace {

Result<Done, Failure> prove(const Line& line, Session& session) {
  TRY(const std::string token, read_token(line.text("token-file"), session));
  TRY(client::DpopKey key, own_key(session.world()));
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
