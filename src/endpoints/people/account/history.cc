// GET /account/history: the events whose subject is the person, newest first.
#include <algorithm>
#include <charconv>
#include <tuple>

#include "delegation/registered.h"
#include "endpoints/people/account/account.h"
#include "endpoints/people/names.h"

namespace deputy::endpoints::people {
namespace {

// What is read for one page is bounded: at most so many times so many events.
constexpr std::size_t shown = 50, read_at_once = 200, scanned = 5'000;
constexpr int reads = 4;

// Of these the record names the client that asked; of others, who acted.
bool is_the_clients(std::string_view action) {
  for (const auto* noun : {"authorization.", "consent.", "token.", "userinfo.", "session.tell"})
    if (action.starts_with(noun)) return true;
  return false;
}

// Each silent authorization is one, and what it led to is told anyhow.
bool is_passed_over(const pages::HappeningView& view) {
  return view.action == "authorization.request" && view.decision != "refused";
}

Result<pages::HappeningView, Fault> happening_of(const store::StoredEvent& event, Names& names) {
  TRY(const auto body, parse_stored(event.body));
  const auto text = [&](std::string_view name) { return text_of(body, name); };
  pages::HappeningView view{.at = event.at,
                            .action = text("action"),
                            .decision = text("decision"),
                            .reason = text("reason"),
                            .resource = text("resource"),
                            // What was given; of what was taken back, that, and not what stays.
                            .scope = text(text("action") == "consent.withdraw" ? "scope_asked" : "scope_given")};
  if (is_passed_over(view)) return view;
  // Of what was taken back, the record tells what stays.
  const auto* details = json_member_array(body, "authorization_details");
  if (details != nullptr && view.action != "consent.withdraw") view.details = json::serialize(*details);
  for (const auto& one : texts_of(body, "resources"))
    view.resource.append(view.resource.empty() ? "" : " ").append(one);
  // Who holds what was handed on stands first in the chain, whoever asked for it. Nobody holds what was refused: there
  // the chain is that of what was presented, and who asked is the client.
  const bool in_vain = view.action == "token.issue" && view.decision == "refused";
  auto chain = in_vain ? std::vector<std::string>() : texts_of(body, "chain");
  if (chain.empty()) {
    auto who = text(is_the_clients(view.action) && !text("client").empty() ? "client" : "actor");
    if (!who.empty()) chain.push_back(std::move(who));
  }
  for (std::size_t i = 0; i < chain.size(); ++i) {
    TRY(auto name, names.name_of(chain[i]));
    (i == 0 ? view.actor : view.through.emplace_back()) = std::move(name);
  }
  view.ids = std::move(chain);
  if (body.contains("changes")) {
    const auto target = text("target");
    TRY(auto name, names.name_of(target));
    // A code, a password and an app have no name, and their ids say nothing to anybody: the sentence says what it was.
    if (name != target || directory::kind_of_id(target) != directory::Kind::authenticator)
      view.target = std::move(name);
    view.ids.push_back(target);
  }
  return view;
}

std::vector<std::string_view> apart(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end != 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// Resources by their names; of one by itself, also what its scopes are for and what was agreed in detail. And what was
// told of the person.
Result<Done, Fault> put_in_words(const Call& call, App& app, const pages::Speaker& say, pages::HappeningView& view) {
  const auto identifiers = apart(view.resource), scopes = apart(view.scope);
  for (const auto identifier : identifiers) {
    TRY(const auto resource, app.directory.resource(call.tenant, identifier));
    if (resource == nullptr) continue;
    for (const auto& detail : delegation::details_in(view.details, *resource))
      if (auto told = view_of(detail, *resource, say.tag()); resource->detail_type(told.type) != nullptr)
        view.in_words.push_back(std::move(told));  // another's is told with that one
    if (resource->name.empty() || resource->name == identifier) continue;
    pages::ThingView thing{.name = resource->name, .parts = {}};
    for (const auto scope : identifiers.size() == 1 ? scopes : std::vector<std::string_view>())
      for (const auto& one : resource->scopes)
        if (one.name == scope && !one.description.empty()) thing.parts.push_back(one.description);
    view.things.push_back(std::move(thing));
  }
  pages::ThingView of_them;
  for (const auto scope : scopes)
    if (auto words = told_in_words(say, scope); !words.empty()) of_them.parts.push_back(std::move(words));
  if (!of_them.parts.empty()) view.things.push_back(std::move(of_them));
  return Done{};
}

// Does a row say the same of both, but when?
bool is_told_alike(const pages::HappeningView& a, const pages::HappeningView& b) {
  const auto told = [](const pages::HappeningView& one) {
    return std::tie(one.ids, one.action, one.decision, one.reason, one.resource, one.scope, one.details);
  };
  return told(a) == told(b);
}

}  // namespace

Answer history(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter(call, app, pages::Tab::history, visit)) return std::move(*answer);
  store::Store::EventRange range{
      .after = 0, .limit = read_at_once, .scan = scanned, .order = store::Page::Order::newest_first};
  if (const auto query = oauth::Form::parse(call.request.query)) {
    const auto before = query->get("before").value_or("");
    std::from_chars(before.data(), before.data() + before.size(), range.after);
  }
  Names names(app, call.tenant);
  pages::HistoryView view{.frame = visit.frame};
  for (int read = 0; read < reads; ++read) {
    const auto page = app.store.events(call.tenant, {.subject = visit.browser.session.user}, range);
    if (!page) return broken(call, page.error());
    for (const auto& event : page->events) {
      if (view.events.size() == shown) break;
      view.before = event.seq;
      auto one = happening_of(event, names);
      if (!one) return broken(call, one.error());
      if (is_passed_over(*one)) continue;
      if (!view.events.empty() && is_told_alike(view.events.back(), *one))
        ++view.events.back().times;
      else
        view.events.push_back(std::move(one).take());
    }
    const bool all_told = page->last == 0 && (page->events.empty() || page->events.back().seq == view.before);
    if (all_told) view.before = 0;
    if (all_told || view.events.size() == shown) break;
    view.before = range.after = page->last;
  }
  for (auto& one : view.events) {
    const auto put = put_in_words(call, app, visit.browser.say, one);
    if (!put) return broken(call, put.error());
  }
  return show(call, visit.browser, 200, pages::history_page(visit.browser.say, view));
}

}  // namespace deputy::endpoints::people
