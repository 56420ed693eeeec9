// What was done for a person: each event as a sentence, done or refused.
#include <array>
#include <optional>

#include "pages/inert.h"
#include "pages/views/account_frame.h"

namespace deputy::pages {
namespace {

struct Deed {
  std::string_view word;  // an action, or the verb of one of /v1
  Phrase done, refused;
};

std::optional<Deed> deed_of(std::string_view action) {
  static const std::array deeds{
      Deed{"token.issue", "{0} got access", "{0} was refused access"},
      Deed{"token.revoke", "{0} gave its access back", "{0} could not give its access back"},
      Deed{"userinfo.read", "{0} asked who you are and was told", "{0} asked who you are and was not told"},
      Deed{"authorization.request", "{0} asked for access and was let through",
           "{0} asked for access and was sent back without it"},
      Deed{"consent.give", "{0} was allowed", "{0} was not allowed"},
      Deed{"consent.refuse", "{0} was not allowed", "{0} was not allowed"},
      Deed{"consent.end", "What {0} was allowed has ended", "What {0} was allowed could not be ended"},
      Deed{"consent.withdraw", "What {0} was allowed was taken back", "What {0} was allowed could not be taken back"},
      Deed{"user.sign_in", "{0} signed in", "An attempt to sign in to your account failed"},
      Deed{"user.reset", "A new password was set with a code", "An attempt to set a new password with a code failed"},
      Deed{"reset_code.create", "{0} made a code to set a new password",
           "{0} tried to make a code to set a new password, and was refused"},
      Deed{"authenticator.create", "{0} added a way to sign in",
           "{0} tried to add a way to sign in, and was refused"},
      Deed{"authenticator.update", "{0} changed a way to sign in",
           "{0} tried to change a way to sign in, and was refused"},
      Deed{"authenticator.delete", "{0} removed a way to sign in",
           "{0} tried to remove a way to sign in, and was refused"},
      Deed{"session.end", "{0} signed out of a browser", "{0} tried to sign out, and was refused"},
      Deed{"session.tell", "{0} was told that you signed out", "{0} could not be told that you signed out"},
      Deed{"browser.forget", "{0} had a browser forgotten",
           "{0} tried to have a browser forgotten, and was refused"},
  };
  for (const auto& one : deeds)
    if (one.word == action) return one;
  return std::nullopt;
}

// "agent.suspend": what is done at /v1 is a verb with a noun.
std::optional<Deed> deed_of_verb(std::string_view verb) {
  static const std::array verbs{
      Deed{"create", "{0} created {1}", "{0} tried to create {1}, and was refused"},
      Deed{"update", "{0} changed {1}", "{0} tried to change {1}, and was refused"},
      Deed{"delete", "{0} deleted {1}", "{0} tried to delete {1}, and was refused"},
      Deed{"suspend", "{0} suspended {1}", "{0} tried to suspend {1}, and was refused"},
      Deed{"resume", "{0} resumed {1}", "{0} tried to resume {1}, and was refused"},
      Deed{"revoke", "{0} revoked {1}", "{0} tried to revoke {1}, and was refused"},
      Deed{"transfer", "{0} transferred {1}", "{0} tried to transfer {1}, and was refused"},
      Deed{"rotate", "{0} rotated {1}", "{0} tried to rotate {1}, and was refused"},
      Deed{"cosign", "{0} cosigned {1}", "{0} tried to cosign {1}, and was refused"},
      Deed{"member_add", "{0} added a member to {1}", "{0} tried to add a member to {1}, and was refused"},
      Deed{"member_remove", "{0} took a member out of {1}",
           "{0} tried to take a member out of {1}, and was refused"},
      Deed{"compromised", "{0} reported {1} as compromised",
           "{0} tried to report {1} as compromised, and was refused"},
  };
  for (const auto& one : verbs)
    if (one.word == verb) return one;
  for (const auto reads : {"list", "read", "owners", "access", "members", "tree", "explain", "snapshot", "checkpoint",
                           "key", "inclusion", "consistency", "export"})
    if (reads == verb) return Deed{verb, "{0} looked at {1}", "{0} tried to look at {1}, and was refused"};
  return std::nullopt;
}

std::optional<Phrase> noun_of(std::string_view noun) {
  using Row = std::pair<std::string_view, Phrase>;
  static const std::array nouns{
      Row{"agent", "an agent"},
      Row{"agent_type", "an agent type"},
      Row{"user", "a user"},
      Row{"group", "a group"},
      Row{"application", "an application"},
      Row{"organization", "an organization"},
      Row{"resource", "a resource"},
      Row{"role", "a role"},
      Row{"assignment", "an assignment"},
      Row{"trusted_issuer", "a trusted issuer"},
      Row{"credential", "a credential"},
      Row{"key", "a signing key"},
      Row{"tenant", "a tenant"},
      Row{"authenticator", "a way to sign in"},
      Row{"event", "the events"},
      Row{"delegation", "a delegation"},
      Row{"revocation", "the revocations"},
      Row{"decision", "a decision"},
      Row{"audit", "the audit log"},
      Row{"audit.key", "the audit log's key"},
  };
  for (const auto& [word, phrase] : nouns)
    if (word == noun) return phrase;
  return std::nullopt;
}

Html name(const std::string& text) { return el("b", {}, {el("bdi", {}, {inert(text)})}); }

// Who did it; where it was handed on to them, by whom.
Html who_of(const Speaker& say, const HappeningView& event) {
  if (event.actor.empty()) return say("Somebody");
  Html from;
  for (auto one = event.through.rbegin(); one != event.through.rend(); ++one)
    from = from.empty() ? name(*one) : all({name(*one), " ← ", from});
  return from.empty() ? name(event.actor) : say("{0}, through {1},", {name(event.actor), from});
}

// An action that has no sentence is shown as it is recorded.
Html sentence_of(const Speaker& say, const HappeningView& event) {
  const bool refused = event.decision == "refused";
  if (refused && event.reason.starts_with("csrf"))
    return say("Something was sent from a page that was too old, or from elsewhere. Nothing was done.");
  if (event.action == "user.sign_in" && !refused && event.reason == "second_factor_due")
    return say("The right password was given; the second factor was still due");
  const auto who = who_of(say, event);
  if (const auto deed = deed_of(event.action)) return say(refused ? deed->refused : deed->done, {who});
  const auto dot = std::min(event.action.rfind('.'), event.action.size());
  const auto noun = noun_of(std::string_view(event.action).substr(0, dot));
  const auto deed = deed_of_verb(std::string_view(event.action).substr(std::min(dot + 1, event.action.size())));
  if (noun && deed) return say(refused ? deed->refused : deed->done, {who, Html(say(*noun))});
  return all({who, " ", el("code", {}, {inert(event.action, 60)})});
}

Html listed(const Speaker& say, const std::vector<std::string>& parts) {
  Html list;
  for (const auto& one : parts)
    list = list.empty() ? inert(one, 300) : say("{0}, {1}", {std::move(list), inert(one, 300)});
  return list;
}

// "Invoices: Read your invoices"
Html things_of(const Speaker& say, const HappeningView& event) {
  Html all_of_them;
  for (const auto& one : event.things) {
    const auto parts = listed(say, one.parts);
    auto thing = one.name.empty() ? parts
                 : parts.empty()  ? Html(inert(one.name, 300))
                                  : say("{0}: {1}", {inert(one.name, 300), parts});
    all_of_them = all_of_them.empty() ? std::move(thing) : say("{0}, {1}", {std::move(all_of_them), std::move(thing)});
  }
  return all_of_them;
}

Html row_of(const Speaker& say, const HappeningView& event) {
  const auto code = [](const std::string& text, std::size_t length_max) {
    return el("code", {}, {el("bdi", {}, {inert(text, length_max)})});
  };
  Html about;
  if (!event.target.empty()) about = el("p", {{"class", "quiet"}}, {code(event.target, 200)});
  if (!event.things.empty()) about.add(el("p", {}, {el("bdi", {}, {things_of(say, event)})}));
  for (const auto& one : event.in_words) about.add(el("p", {}, {detail_text(one)}));
  if (!event.resource.empty()) {
    const auto scope = event.scope.empty() ? Html() : all({" ", code(event.scope, 300)});
    about.add(el("p", {{"class", "quiet"}}, {code(event.resource, 200), scope}));
  }
  const auto when = say.when(event.at);
  return el("li", {{"class", "row"}},
            {el("div", {}, {el("p", {}, {sentence_of(say, event)}), about}),
             el("p", {{"class", "quiet"}},
                {event.times == 1 ? when : say("{0} times, last {1}", {std::to_string(event.times), when})})});
}

}  // namespace

std::string history_page(const Speaker& say, const HistoryView& view) {
  std::vector<Html> rows;
  for (const auto& one : view.events) rows.push_back(row_of(say, one));
  Html more;
  if (view.before != 0)
    more = el("p", {},
              {link(view.frame.way.base + "/account/history?before=" + std::to_string(view.before), say("Earlier"))});
  const auto list = rows.empty() ? el("p", {}, {say("Nothing yet.")}) : el("ul", {{"class", "rows"}}, rows);
  return account_page(say, view.frame, all({el("h1", {}, {say("What was done for you")}), list, more}));
}

}  // namespace deputy::pages
