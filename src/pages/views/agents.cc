// What acts for a person: each with what it may do, until when, what hangs below it, and how to take it back.
#include "pages/inert.h"
#include "pages/views/account_frame.h"

namespace deputy::pages {
namespace {

Html isolated(std::string_view text, std::size_t characters_max = 120) {
  return el("bdi", {}, {inert(text, characters_max)});
}

Html named(const Speaker& say, const Party& party) { return all({isolated(party.name), whose(say, party)}); }

// Of a consent that was bounded by uses: those that are left.
Html uses(const Speaker& say, const DelegationView& view) {
  if (!view.uses_max) return {};
  if (view.uses >= *view.uses_max) return all({" · ", say("All its uses are spent")});
  return all({" · ", say("Uses left: {0} of {1}",
                         {std::to_string(*view.uses_max - view.uses), std::to_string(*view.uses_max)})});
}

Html time_facts(const Speaker& say, const DelegationView& view) {
  const auto until =
      view.not_after ? say("Until {0}", {say.when(*view.not_after)}) : Html(say("Until you take it back"));
  const auto used = view.used_at ? say("Last used {0}", {say.when(*view.used_at)}) : Html(say("Not used yet"));
  return el("p", {{"class", "quiet"}},
            {say("Allowed {0}", {say.when(view.created_at)}), " · ", until, uses(say, view), " · ", used});
}

// Which of the buttons that take one thing back this is: what, where, and of whom.
Html which(const Speaker& say, const Html& what, const SwitchGroup& group, const AgentView& agent) {
  auto at = isolated(group.resource);
  if (!group.onward.id.empty()) at = say("{0}, {1}", {at, isolated(group.onward.name)});
  return say("{0}, {1}", {say("{0}, {1}", {what, at}), isolated(agent.agent.name)});
}

Html scope_row(const Speaker& say, const AgentsView& page, const AgentView& agent, const DelegationView& view,
               const SwitchGroup& group, const SwitchView& one) {
  const auto label = one.description.empty() ? isolated(one.scope) : isolated(one.description, 300);
  const auto fields = all({hidden("delegation", view.id), hidden("scope", one.value)});
  Html scope;
  if (!one.description.empty()) scope = all({" ", el("code", {{"class", "quiet"}}, {isolated(one.scope)})});
  return el(
      "li", {{"class", "row"}},
      {el("div", {}, {el("span", {{"class", "what"}}, {label}), scope}),
       one_button(page.frame, "/account/withdraw", fields,
                  label_of(say("Take back"), which(say, label, group, agent)))});
}

Html group(const Speaker& say, const AgentsView& page, const AgentView& agent, const DelegationView& view,
           const SwitchGroup& group) {
  const auto at =
      all({isolated(group.resource), " ", el("code", {{"class", "quiet"}}, {isolated(group.identifier, 200)})});
  const auto& onward = group.onward;
  const auto title =
      onward.id.empty()
          ? say("At {0}", {at})
          : all({say("{0}, when {1} calls it, at {2}", {isolated(onward.name), isolated(agent.agent.name), at}),
                 whose(say, onward)});
  std::vector<Html> rows;
  for (const auto& one : group.switches) rows.push_back(scope_row(say, page, agent, view, group, one));
  for (const auto& one : group.details) {
    const auto fields = all({hidden("delegation", view.id), hidden("scope", one.value)});
    const auto words = detail_text({.name = {}, .value = {}, .type = {}, .pieces = one.pieces, .rest = {}});
    rows.push_back(el("li", {{"class", "row"}},
                      {el("div", {}, {detail_text(one), " ", el("code", {{"class", "quiet"}}, {isolated(one.type)})}),
                       one_button(page.frame, "/account/withdraw", fields,
                                  label_of(say("Take back"), which(say, words, group, agent)))}));
  }
  return all({el("h3", {}, {title}), odd_name(say, onward.name), el("ul", {{"class", "rows"}}, rows)});
}

// The agents further down, indented by how far.
Html below(const Speaker& say, const DelegationView& view) {
  if (view.below.empty() && !view.more_below) return {};
  std::vector<Html> rows;
  for (const auto& one : view.below) {
    const auto used = one.used_at ? say("Last used {0}", {say.when(*one.used_at)}) : Html(say("Not used yet"));
    rows.push_back(el("li", {{"class", "depth-" + std::to_string(std::min(one.depth, 6))}},
                      {named(say, one.actor), " ",
                       el("code", {{"class", "quiet"}}, {isolated(one.scopes, 300)}), " ",
                       el("span", {{"class", "quiet"}}, {used}), odd_name(say, one.actor.name)}));
  }
  if (view.more_below) rows.push_back(el("li", {}, {say("and more")}));
  const auto count = std::to_string(view.below.size()) + (view.more_below ? "+" : "");
  const auto places = count == "1" ? Html(say("Handed on in one place")) : say("Handed on in {0} places", {count});
  return el("details", {}, {el("summary", {}, {places}), el("ul", {{"class", "tree"}}, rows)});
}

// One thing that an agent was allowed: until when, what, and who acts below it.
Html delegation(const Speaker& say, const AgentsView& page, const AgentView& agent, const DelegationView& view) {
  std::vector<Html> groups;
  for (const auto& one : view.groups) groups.push_back(group(say, page, agent, view, one));
  return el("section", {}, {time_facts(say, view), el("div", {}, groups), below(say, view)});
}

// Its buttons take back of the agent, wherever it was allowed: any of its delegations names it.
Html card(const Speaker& say, const AgentsView& page, const AgentView& agent) {
  std::vector<Html> delegations;
  for (const auto& one : agent.delegations) delegations.push_back(delegation(say, page, agent, one));
  Html organization;
  if (!agent.organization.empty())
    organization = all({" ", el("span", {{"class", "quiet"}}, {isolated(agent.organization)})});
  return el("article", {{"class", "panel"}},
            {el("h2", {}, {isolated(agent.agent.name), organization, whose(say, agent.agent)}),
             odd_name(say, agent.agent.name), agent.stopped ? el("p", {}, {say(*agent.stopped)}) : Html(),
             el("div", {{"class", "consents"}}, delegations),
             one_button(page.frame, "/account/withdraw", hidden("delegation", agent.delegations.front().id),
                        label_of(say("Take everything back"), named(say, agent.agent)), Look::danger)});
}

// A client that may know who the person is, and what of that.
Html told_row(const Speaker& say, const AgentsView& page, const ToldView& one) {
  Html what;
  for (const auto& words : one.what) what.add(all({words, " · "}));
  what.add(say("Until you take it back"));
  return el("li", {{"class", "row"}},
            {el("div", {},
                {el("b", {}, {isolated(one.client.name)}), whose(say, one.client), " ",
                 el("code", {{"class", "quiet"}}, {one.scope}), odd_name(say, one.client.name),
                 el("p", {{"class", "quiet"}}, {what})}),
             one_button(page.frame, "/account/withdraw", hidden("disclosure", one.id),
                        label_of(say("Take back"), named(say, one.client)))});
}

}  // namespace

std::string agents_page(const Speaker& say, const AgentsView& view) {
  std::vector<Html> cards;
  for (const auto& one : view.agents) cards.push_back(card(say, view, one));
  if (cards.empty()) cards.push_back(el("p", {}, {say("Nothing acts for you. What you allow will be listed here.")}));
  std::vector<Html> told;
  for (const auto& one : view.told) told.push_back(told_row(say, view, one));
  Html tellings;
  if (!told.empty())
    tellings = all({el("h2", {}, {say("Who may know who you are")}), el("ul", {{"class", "rows"}}, told)});
  Html earlier;
  if (!view.before.empty())
    earlier = el("p", {}, {link(view.frame.way.base + "/account?before=" + view.before, say("Earlier"))});
  return account_page(say, view.frame,
                      all({el("h1", {}, {say("What acts for you")}), el("div", {}, cards), earlier, tellings}));
}

}  // namespace deputy::pages
