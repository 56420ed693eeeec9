// A note is sealed: what stands on a page of ours is never what somebody else put into a link.
#include "endpoints/people/note.h"

#include <algorithm>

#include "base/encoding.h"
#include "endpoints/people/weakness.h"
#include "signin/sign_out.h"

namespace deputy::endpoints::people {
namespace {

using Why = signin::Refusal::Why;
using Trouble = pages::SignInView::Trouble;

constexpr Seconds lifetime{300};
constexpr std::size_t kept_max = 200;  // bytes of what was typed: a URL holds no more than a name

// In this browser until somebody signs in there, and of who is signed in until how they sign in is changed: by then
// what it tells of may be mended.
std::string context_of(const Call& call, App& app, const Browser& browser) {
  auto context = "note\n" + call.tenant + "\n" + browser.session.csrf_seed;
  if (!browser.signed_in()) return context;
  if (const auto newest = signin::sign_out_of(app.store, call.tenant, browser.session.user))
    context.append("\n").append(newest->mark);
  return context;
}

bool reads_notes(const Call& call) {
  return wants_page(call.request) && flows::brought_cookie(call.request, call.tenant);
}

std::string_view kept(const std::string& typed) { return typed.size() > kept_max ? std::string_view() : typed; }

}  // namespace

Trouble Note::trouble() const {
  if (!why) return Trouble::none;
  if (about == About::form) return Trouble::old;
  if (about == About::another) return Trouble::another;
  if (about == About::unread) return Trouble::unread;
  if (*why == Why::throttled) return Trouble::throttled;
  if (*why == Why::expired) return Trouble::expired;
  if (*why == Why::unavailable) return Trouble::unavailable;
  return about == About::passkey ? Trouble::unknown_passkey : Trouble::wrong;
}

std::optional<pages::Phrase> Note::problem() const {
  if (!why || about == About::sign_in) return std::nullopt;
  if (about == About::form)
    return pages::Phrase(
        "That page was from before the last sign-in here, and nothing was changed. Go on from this one.");
  if (about == About::unread)
    return pages::Phrase(
        "That form cannot be read, and nothing was changed. Check what you typed, and go on from this page.");
  return sentence_of({.why = *why, .event = {}, .detail = {}, .sentence = sentence});
}

Answer old_form(const Call& call, App& app, const Browser& browser, std::string_view action, std::string page,
                std::string username) {
  if (!reads_notes(call)) return stale(call, app, browser, action, std::move(page));
  const Note note{.why = Why::expired, .username = std::move(username), .about = Note::About::form};
  auto answer = go(with_note(std::move(page), note, call, app, browser));
  answer.writes.push_back(record_stale(call, app, browser, action));
  return answer;
}

Answer unread_form(const Call& call, App& app, const Browser& browser, std::string_view action, std::string page,
                   const oauth::Error& why) {
  if (!reads_notes(call)) return unreadable(call, app, browser, action, std::move(page), why);
  const Note note{.why = Why::expired, .about = Note::About::unread};
  auto answer = go(with_note(std::move(page), note, call, app, browser));
  answer.writes.push_back(record_unreadable(call, app, browser, action, why));
  return answer;
}

std::string with_parameter(std::string url, std::string_view name, std::string_view value) {
  url.append(url.find('?') == std::string::npos ? "?" : "&").append(name).append("=").append(value);
  return url;
}

std::string with_note(std::string page, const Note& note, const Call& call, App& app, const Browser& browser) {
  const json::object text{{"why", static_cast<int>(*note.why)},
                          {"sentence", note.sentence},
                          {"wait", note.wait.count()},
                          {"username", kept(note.username)},
                          {"code", kept(note.code)},
                          {"about", static_cast<int>(note.about)},
                          {"at", unix_millis(call.now)}};
  const auto sealed = app.seal.seal(Secret(json::serialize(text)), context_of(call, app, browser), app.random);
  return with_parameter(std::move(page), "note", base64url(sealed));
}

Note note_of(const Call& call, App& app, const Browser& browser) {
  const auto query = oauth::Form::parse(call.request.query);
  const auto sealed = base64url_decode(query ? query->get("note").value_or("") : std::string_view());
  if (!sealed || sealed->empty()) return {};
  const auto opened = app.seal.open(*sealed, context_of(call, app, browser));
  if (!opened) return {};
  const auto text = parse_json_object(opened->reveal());
  if (!text) return {};
  const auto age = call.now - from_unix_millis(json_integer(*text, "at").value_or(0));
  if (age >= lifetime) return {};
  const auto wait = Seconds(json_integer(*text, "wait").value_or(0)) - std::chrono::duration_cast<Seconds>(age);
  Note note{.why = static_cast<Why>(json_integer(*text, "why").value_or(0)),
            .sentence = text_of(*text, "sentence"),
            .wait = wait,
            .username = text_of(*text, "username"),
            .code = text_of(*text, "code"),
            .about = static_cast<Note::About>(json_integer(*text, "about").value_or(0))};
  if (note.why == Why::throttled && wait <= Seconds(0)) note.why.reset();  // they may try again
  return note;
}

}  // namespace deputy::endpoints::people
