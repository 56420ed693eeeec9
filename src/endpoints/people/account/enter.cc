// The door of /account: who is signed in, and whether a form is theirs.
#include <array>

#include "endpoints/people/account/account.h"
#include "endpoints/people/names.h"
#include "endpoints/routing.h"

namespace deputy::endpoints::people {
namespace {

std::string purpose_of(std::string_view word) { return std::string("done\n").append(word); }

// What the page before did: a word of the query that stands for a sentence of ours, never text of its own. It counts
// with the mark of this session only: a link of somebody else's has nothing said that was not done.
std::optional<pages::Phrase> said(const Call& call, const flows::Session& session) {
  const auto query = oauth::Form::parse(call.request.query);
  if (!query) return std::nullopt;
  const auto word = query->get("done").value_or("");
  if (!flows::csrf_matches(session, purpose_of(word), query->get("mark").value_or(""))) return std::nullopt;
  if (word == "withdrawn") return pages::Phrase("Taken back. What was given out under it has ended.");
  if (word == "withdrawn-all")
    return pages::Phrase(
        "Taken back, and it may not know any more who you are. What was given out under it has ended.");
  if (word == "in-use")
    return pages::Phrase("It was in use just then, and nothing was taken back. Try again.");
  if (word == "forgotten") return pages::Phrase("Forgotten. Whoever uses that browser is signed out.");
  if (word == "ended") return pages::Phrase("Signed out there.");
  if (word == "removed") return pages::Phrase("Removed.");
  if (word == "password") return pages::Phrase("Your password is changed. Other browsers were signed out.");
  if (word == "set-up") return pages::Phrase("That is set up. Other browsers were signed out.");
  return std::nullopt;
}

// The page to come back to: this one, or the tab of what was posted.
std::string_view page_of(const Call& call, pages::Tab tab) {
  constexpr std::array<std::string_view, 4> tabs{"/account", "/account/devices", "/account/security",
                                                 "/account/history"};
  const auto path = account_path(split_tenant(call.request.path).path);
  return path.empty() ? tabs[static_cast<std::size_t>(tab)] : path;
}

std::string url_of(const Call& call, pages::Tab tab, const Browser& browser) {
  return browser.base + std::string(page_of(call, tab));
}

}  // namespace

std::string sign_in_for(const Call& call, const Browser& browser, pages::Tab tab, Again again) {
  return sign_in_to(page_of(call, tab), browser, again);
}

std::string sign_in_to(std::string_view page, const Browser& browser, Again again) {
  const pages::Way way{.base = browser.base,
                       .interaction = "",
                       .csrf = "",
                       .to = page == "/account" ? std::string() : std::string(page),
                       .again = again == Again::yes};
  return way.path("/sign-in");
}

std::optional<Answer> enter(const Call& call, App& app, pages::Tab tab, Visit& visit) {
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  visit.browser = std::move(browser).take();
  visit.browser.interaction.clear();
  visit.browser.request.reset();
  visit.browser.to.clear();
  visit.browser.again = false;
  const auto& user = visit.browser.session.user;
  auto person = user.empty() ? Result<store::Directory::PrincipalPtr, Fault>(nullptr)
                             : app.directory.principal(call.tenant, user);
  if (!person) return broken(call, person.error());
  if (*person == nullptr || (*person)->state(call.now) != directory::State::active)
    return go(sign_in_for(call, visit.browser, tab, Again::no));
  auto name = Names(app, call.tenant).name_of(user);
  if (!name) return broken(call, name.error());
  visit.frame = {.way = visit.browser.way("account"),
                 .user = std::move(name).take(),
                 .tab = tab,
                 .said = said(call, visit.browser.session)};
  if (const auto note = note_of(call, app, visit.browser); note.is_of_form())
    visit.frame.problem = note.problem();
  return std::nullopt;
}

std::optional<Answer> enter_with_form(const Call& call, App& app, pages::Tab tab, std::string_view action,
                                      Visit& visit) {
  if (auto answer = enter(call, app, tab, visit)) return answer;
  auto form = posted(call, visit.browser, "account");
  if (!form) return unread_form(call, app, visit.browser, action, url_of(call, tab, visit.browser), form.error());
  if (!form->genuine) return old_form(call, app, visit.browser, action, url_of(call, tab, visit.browser));
  visit.form = std::move(form->form);
  return std::nullopt;
}

Answer back_to_page(const Call& call, App& app, pages::Tab tab, const Visit& visit, const Note& note) {
  return go(with_note(url_of(call, tab, visit.browser), note, call, app, visit.browser));
}

Answer done(const Visit& visit, std::string_view path, std::string_view said) {
  auto to = visit.browser.base + std::string(path);
  to.append("?done=").append(said).append("&mark=").append(flows::csrf_token(visit.browser.session, purpose_of(said)));
  return go(std::move(to));
}

}  // namespace deputy::endpoints::people
