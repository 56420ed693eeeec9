// GET /account/history: the events whose subject is the person, newest first.
#include <charconv>

#include "endpoints/people/account/account.h"
#include "endpoints/people/names.h"

namespace deputy::endpoints::people {
namespace {

constexpr std::size_t shown = 50, scanned = 20'000;

Result<pages::HappeningView, Fault> happening_of(const store::StoredEvent& event, Names& names) {
  TRY(const auto body, parse_json_object(event.body, {.depth_max = 16, .bytes_max = 1u << 20}));
  const auto text = [&](std::string_view name) { return std::string(json_text(body, name).value_or("")); };
  pages::HappeningView view{.at = event.at,
                            .action = text("action"),
                            .decision = text("decision"),
                            .resource = text("resource"),
                            .scope = text("scope_given")};
  // A token's event names its client; a person's own doing, the person.
  const auto who = view.action.starts_with("consent.") || text("actor").empty() ? text("client") : text("actor");
  TRY(auto name, names.name_of(who.empty() ? text("subject") : who));
  view.actor = std::move(name);
  return view;
}

}  // namespace

Answer history(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter(call, app, pages::Tab::history, visit)) return std::move(*answer);
  store::Store::EventRange range{
      .after = 0, .limit = shown, .scan = scanned, .order = store::Page::Order::newest_first};
  if (const auto query = oauth::Form::parse(call.request.query)) {
    const auto before = query->get("before").value_or("");
    std::from_chars(before.data(), before.data() + before.size(), range.after);
  }
  const auto page = app.store.events(call.tenant, {.subject = visit.browser.session.user}, range);
  if (!page) return broken(call, page.error());
  Names names(app, call.tenant);
  pages::HistoryView view{.frame = visit.frame, .before = page->last};
  for (const auto& event : page->events) {
    auto one = happening_of(event, names);
    if (!one) return broken(call, one.error());
    view.events.push_back(std::move(one).take());
  }
  return show(call, visit.browser, 200, pages::history_page(visit.browser.say, view));
}

}  // namespace deputy::endpoints::people
