// Answers at rest, sealed under a key that is made of the secret of the browser's cookie: what the store holds opens
// for nobody else.
#include "endpoints/people/answered.h"

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "signin/sign_out.h"

namespace deputy::endpoints::people {
namespace {

constexpr Seconds lost_answer{30};

std::string made_of(const Browser& browser, std::string_view what, std::string_view sent) {
  const crypto::KeyedHash keyed{Secret(browser.session.csrf_seed)};
  return base64url(as_text(keyed(std::string(what).append("\n").append(sent))));
}

std::string context_of(std::string_view tenant, const Browser& browser) {
  return std::string("answer\n").append(tenant).append("\n").append(browser.interaction);
}

// The key of the code that is part of the answer; empty: it has none.
std::string code_of(const store::Writes& writes) {
  for (const auto& write : writes)
    if (const auto* keep = std::get_if<store::Keep>(&write); keep != nullptr && keep->use == store::Use::code)
      return keep->key;
  return "";
}

// The mark that the answer's change of how somebody signs in made, or that its sign-in found, and whose it is; empty:
// it has to do with neither.
struct Marked {
  std::string user, mark;
};
Marked mark_of(const store::Writes& writes) {
  for (const auto& write : writes) {
    const auto* put = std::get_if<store::Put>(&write);
    if (put == nullptr) continue;
    const bool session = put->record.kind == store::Kind::session;
    if (!session && put->record.kind != store::Kind::sign_out) continue;
    const auto body = parse_stored(put->record.body);
    if (body) return {put->record.under, text_of(*body, session ? "sign_out" : "mark")};
  }
  return {};
}

std::string sealed(const Answer& answer, const Call& call, App& app, const Browser& browser, std::string_view sent) {
  const auto key = crypto::SealKey::from_text(made_of(browser, "answer", sent));
  if (!key) return "";
  const auto& response = answer.response;
  const auto [user, mark] = mark_of(answer.writes);
  json::array headers;
  for (const auto& [name, value] : response.headers) headers.push_back(json::array{name, value});
  const json::object note{{"until", unix_millis(call.now + lost_answer)},
                          {"code", code_of(answer.writes)},
                          {"user", user},
                          {"mark", mark},
                          {"status", response.status},
                          {"content_type", response.content_type},
                          {"headers", std::move(headers)},
                          {"body", response.body}};
  return base64url(key->seal(Secret(json::serialize(note)), context_of(call.tenant, browser), app.random));
}

// None: another form's, another browser's, or too long ago; or its code is used, and given again it would be a replay;
// or how the person signs in was changed since, and what it says is not so any more.
Result<std::optional<http::Response>, Fault> opened(std::string_view kept, const Call& call, App& app,
                                                    const Browser& browser, std::string_view sent) {
  const auto bytes = base64url_decode(kept);
  const auto key = crypto::SealKey::from_text(made_of(browser, "answer", sent));
  if (!bytes || !key) return std::optional<http::Response>();
  const auto plain = key->open(*bytes, context_of(call.tenant, browser));
  if (!plain) return std::optional<http::Response>();
  TRY(const auto note, parse_stored(plain->reveal()));
  if (call.now > from_unix_millis(json_integer(note, "until").value_or(0))) return std::optional<http::Response>();
  if (const auto code = text_of(note, "code"); !code.empty()) {
    TRY(const auto used, app.store.kept(store::Use::code_used, call.tenant, code, call.now));
    if (used) return std::optional<http::Response>();
  }
  if (const auto user = text_of(note, "user"); !user.empty()) {
    TRY(const auto newest, signin::sign_out_of(app.store, call.tenant, user));
    if (newest.mark != text_of(note, "mark")) return std::optional<http::Response>();
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
  if (!browser.signed_in()) return too_old(call, browser);
  auto before = opened(browser.answer, call, app, browser, sent);
  if (!before) return broken(call, before.error());
  if (*before) return {.response = std::move(**before)};
  return too_old(call, browser);
}

std::string form_key(const Browser& browser, std::string_view sent) {
  return "form." + made_of(browser, "form", sent);
}

}  // namespace

void end_interaction(const Call& call, App& app, const Browser& browser, Answer& answer) {
  auto sent = sent_by(call);
  for (auto& write : flows::answer_interaction(browser.interaction, *browser.request, call.tenant, call.now,
                                               sealed(answer, call, app, browser, sent)))
    answer.writes.push_back(std::move(write));
  answer.refused = [&app, kept = Kept(call), sent = std::move(sent),
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

// Its form has the session's CSRF token in it: nobody guesses back from the hash to what was typed.
std::string sent_by(const Call& call) {
  const auto& request = call.request;
  return crypto::sha256_base64url(request.method + " " + request.path + "?" + request.query + "\n" + request.body);
}

void keep_answer(const Call& call, App& app, const Browser& browser, const std::string& sent, Answer& answer) {
  if (answer.writes.empty()) return;  // nothing was done
  const auto key = form_key(browser, sent);
  // One that came to nothing, or is too old, makes room. One that is given again is the first's, and stays; so does one
  // that comes to be meanwhile.
  const auto there = app.store.kept(store::Use::interaction, call.tenant, key, Instant());
  const bool stale = !there || (*there && !answer_to_same(call, app, browser, sent));
  if (stale) answer.writes.emplace_back(store::Drop{store::Use::interaction, call.tenant, key});
  answer.writes.emplace_back(store::Keep{.use = store::Use::interaction,
                                         .tenant = call.tenant,
                                         .key = key,
                                         .until = call.now + lost_answer + Seconds(1),
                                         .body = sealed(answer, call, app, browser, sent)});
  answer.refused = [&app, kept = Kept(call), browser, sent,
                    otherwise = std::move(answer.refused)](const store::Refused& refused) {
    if (auto same = answer_to_same(kept.call(), app, browser, sent)) return std::move(*same);
    return otherwise(refused);
  };
}

std::optional<Answer> answer_to_same(const Call& call, App& app, const Browser& browser, std::string_view sent) {
  const auto kept = app.store.kept(store::Use::interaction, call.tenant, form_key(browser, sent), call.now);
  if (!kept) return broken(call, kept.error());
  if (!*kept) return std::nullopt;
  auto before = opened((*kept)->body, call, app, browser, sent);
  if (!before) return broken(call, before.error());
  if (!*before) return std::nullopt;
  return Answer{.response = std::move(**before)};
}

}  // namespace deputy::endpoints::people
