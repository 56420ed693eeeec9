// Answers at rest: sealed under what the store does not know, the secret of the browser's cookie.
#include "endpoints/people/answered.h"

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace deputy::endpoints::people {
namespace {

constexpr Seconds lost_answer{30};

// What a browser sends when it sends the same again. Its form has the session's CSRF token in it.
std::string sent_by(const Call& call) {
  return crypto::sha256_base64url(call.request.method + "\n" + call.request.body);
}

std::string context_of(std::string_view tenant, const Browser& browser, std::string_view sent) {
  return std::string("answer\n")
      .append(tenant)
      .append("\n")
      .append(browser.interaction)
      .append("\n")
      .append(sent)
      .append("\n")
      .append(browser.session.csrf_seed);
}

// The key of the code that is part of the answer; empty: it has none.
std::string code_of(const store::Writes& writes) {
  for (const auto& write : writes)
    if (const auto* keep = std::get_if<store::Keep>(&write); keep != nullptr && keep->use == store::Use::code)
      return keep->key;
  return "";
}

std::string sealed(const Answer& answer, const Call& call, App& app, const Browser& browser) {
  const auto& response = answer.response;
  json::array headers;
  for (const auto& [name, value] : response.headers) headers.push_back(json::array{name, value});
  const json::object note{{"until", unix_millis(call.now + lost_answer)},
                          {"code", code_of(answer.writes)},
                          {"status", response.status},
                          {"content_type", response.content_type},
                          {"headers", std::move(headers)},
                          {"body", response.body}};
  const auto context = context_of(call.tenant, browser, sent_by(call));
  return base64url(app.seal.seal(Secret(json::serialize(note)), context, app.random));
}

// None: another form's, another session's, or too long ago; or its code is used, and given again it would be a replay.
Result<std::optional<http::Response>, Fault> given_before(const Call& call, App& app, const Browser& browser,
                                                          std::string_view sent) {
  const auto bytes = base64url_decode(browser.answer);
  if (!browser.signed_in() || !bytes) return std::optional<http::Response>();
  const auto opened = app.seal.open(*bytes, context_of(call.tenant, browser, sent));
  if (!opened) return std::optional<http::Response>();
  TRY(const auto note, parse_stored(opened->reveal()));
  if (call.now > from_unix_millis(json_integer(note, "until").value_or(0))) return std::optional<http::Response>();
  if (const auto code = text_of(note, "code"); !code.empty()) {
    TRY(const auto used, app.store.kept(store::Use::code_used, call.tenant, code, call.now));
    if (used) return std::optional<http::Response>();
  }
  http::Response response{.status = static_cast<int>(json_integer(note, "status").value_or(500)),
                          .content_type = text_of(note, "content_type"),
                          .body = text_of(note, "body")};
  if (const auto* headers = json_member_array(note, "headers"))
    for (const auto& header : *headers)
      if (const auto* pair = header.if_array(); pair != nullptr && pair->size() == 2)
        response.headers.emplace_back((*pair)[0].as_string(), (*pair)[1].as_string());
  return std::optional(std::move(response));
}

Answer not_waiting(const Call& call, App& app, const Browser& browser, std::string_view sent) {
  auto before = given_before(call, app, browser, sent);
  if (!before) return broken(call, before.error());
  if (*before) return {.response = std::move(**before)};
  return too_old(call, browser);
}

}  // namespace

void end_interaction(const Call& call, App& app, const Browser& browser, Answer& answer) {
  for (auto& write : flows::answer_interaction(browser.interaction, call.tenant, call.now,
                                               sealed(answer, call, app, browser)))
    answer.writes.push_back(std::move(write));
  answer.refused = [&app, kept = Kept(call), sent = sent_by(call),
                    to = browser.way("").path("/consent")](const store::Refused&) {
    const auto again = kept.call();
    const auto now = browser_of(again, app);
    if (!now) return broken(again, now.error());
    return now->answered ? not_waiting(again, app, *now, sent) : go(to);
  };
}

Answer not_waiting(const Call& call, App& app, const Browser& browser) {
  return not_waiting(call, app, browser, sent_by(call));
}

}  // namespace deputy::endpoints::people
