// The page on which somebody gives authority away: all that was asked, nothing folded out of sight but the raw request,
// and nothing of what a client wrote that could pass for our own words.
#include "pages/views/consent.h"

#include <algorithm>

#include "pages/inert.h"

namespace deputy::pages {
namespace {

Html isolated(std::string_view text, std::size_t characters_max = 120) {
  return el("bdi", {}, {inert(text, characters_max)});
}

Html badge(const Speaker& say, std::string_view sensitivity) {
  if (sensitivity == "high") return el("span", {{"class", "badge high"}}, {say("sensitive")});
  if (sensitivity == "medium") return el("span", {{"class", "badge"}}, {say("needs care")});
  return {};
}

Html allowed_before(const Speaker& say, bool agreed, const std::optional<Instant>& until) {
  if (!agreed) return {};
  return el("span", {{"class", "badge good"}},
            {until ? say("allowed before, until {0}", {say.exact(*until)})
                   : Html(say("allowed before, until you take it back"))});
}

Html fact(const Html& name, const Html& value) { return el("div", {}, {el("dt", {}, {name}), el("dd", {}, {value})}); }

// Who asks: what the directory knows of the client, and what the client says of itself, told apart.
Html asker(const Speaker& say, const ConsentView& view) {
  std::vector<Html> facts;
  if (!view.owner.empty()) facts.push_back(fact(say("Accountable"), isolated(view.owner)));
  facts.push_back(
      fact(say("Organization"), view.organization.empty() ? Html(say("none")) : isolated(view.organization)));
  if (!view.redirect_host.empty()) facts.push_back(fact(say("Takes you back to"), isolated(view.redirect_host, 300)));
  facts.push_back(fact(say("Identifier"), el("code", {}, {isolated(view.client_id, 200)})));
  const auto mark = view.verified ? el("span", {{"class", "badge good"}}, {say("verified")})
                                  : el("span", {{"class", "badge high"}}, {say("not verified")});
  Html says;
  if (!view.description.empty())
    says = el("p", {{"class", "says"}}, {say("It says of itself: {0}", {isolated(view.description, 300)})});
  return el("section", {{"class", "asker"}, {"aria-label", say("Who asks")}},
            {el("div", {{"class", "who"}}, {el("b", {}, {isolated(view.client)}), mark}), odd_name(say, view.client),
             says, el("dl", {}, facts)});
}

Html detail_row(const Speaker& say, const DetailView& view) {
  const auto before = allowed_before(say, view.agreed, view.agreed_until);
  return el(
      "label", {{"class", "switch"}},
      {el("span", {}, {detail_text(view), " ", before, el("code", {{"class", "quiet"}}, {isolated(view.type, 200)})}),
       void_el("input", {{"type", "checkbox"}, {"name", view.name}, {"value", view.value}, {"checked", view.on}})});
}

Html group(const Speaker& say, const ConsentView& view, const SwitchGroup& group) {
  const auto at =
      all({isolated(group.resource), " ", el("code", {{"class", "quiet"}}, {isolated(group.identifier, 200)})});
  const auto& onward = group.onward;
  const auto title =
      onward.id.empty()
          ? say("At {0}", {at})
          : all({say("{0}, when {1} calls it, at {2}", {isolated(onward.name), isolated(view.client), at}),
                 whose(say, onward)});
  std::vector<Html> parts{el("legend", {}, {title}), odd_name(say, onward.name)};
  for (const auto& one : group.switches) parts.push_back(switch_row(say, one));
  for (const auto& one : group.details) parts.push_back(detail_row(say, one));
  return el("fieldset", {}, parts);
}

Html identity(const Speaker& say, const ConsentView& view) {
  const bool stays = view.stay && view.groups.empty();
  if (view.identity.empty() && !stays) return {};
  std::vector<Html> parts{el("legend", {}, {say("Who you are")})};
  for (const auto& one : view.identity) parts.push_back(switch_row(say, one));
  if (stays) parts.push_back(switch_row(say, *view.stay));
  // No duration that is chosen bounds it, but that nothing is remembered.
  const Phrase lasts = view.groups.empty()
                           ? Phrase("Told until you take it back.")
                           : Phrase("Told until you take it back, however long the rest lasts; with “This once”, only "
                                    "now.");
  parts.push_back(el("p", {{"class", "hint"}}, {say(lasts)}));
  return el("fieldset", {}, parts);
}

Html handing_on(const Speaker& say, const ConsentView& view) {
  if (view.hands_on.empty() || view.max_depth == 1) return {};
  std::vector<Html> names;
  for (const auto& one : view.hands_on)
    names.push_back(el("li", {}, {isolated(one.name), whose(say, one), odd_name(say, one.name)}));
  return all({el("h2", {}, {say("It may hand on what you allow to")}), el("ul", {{"class", "names"}}, names),
              el("p", {{"class", "hint"}}, {say("Never more than you allow here. Taking it back ends theirs too.")})});
}

Html limits(const Speaker& say, const ConsentView& view) {
  Html html;
  if (view.not_after) html.add(el("p", {}, {say("It asked for this to end at {0}.", {say.when(*view.not_after)})}));
  if (view.uses == 1) html.add(el("p", {}, {say("It asked for one use at most.")}));
  if (view.uses > 1) html.add(el("p", {}, {say("It asked for {0} uses at most.", {std::to_string(*view.uses)})}));
  if (view.max_depth == 1) html.add(el("p", {}, {say("It asked that nobody else may act on this.")}));
  if (view.max_depth == 2) html.add(el("p", {}, {say("It asked that this be handed on once at most.")}));
  if (view.max_depth > 2)  // no bound is less than any
    html.add(el("p", {}, {say("It asked that this be handed on {0} times in a row at most.",
                              {std::to_string(*view.max_depth - 1)})}));
  if (!view.details.empty())
    html.add(el("details", {},
                {el("summary", {}, {say("The request in full")}),
                 el("pre", {{"tabindex", "0"}}, {inert_lines(view.details)})}));
  return html;
}

Html durations(const Speaker& say, const ConsentView& view) {
  std::vector<Html> parts{el("legend", {}, {say("For how long")})};
  for (const auto& [name, until, as_asked] : view.durations) {
    Html hint;
    if (until)
      hint = el("span", {{"class", "quiet"}},
                {name == "once" ? say("Until {0}, and not renewed", {say.exact(*until)})
                                : say("Until {0}", {say.exact(*until)})});
    parts.push_back(
        el("label", {{"class", "choice"}},
           {void_el("input",
                    {{"type", "radio"}, {"name", "duration"}, {"value", name}, {"checked", name == view.duration}}),
            el("span", {}, {as_asked ? say("As long as it asked") : duration_label(say, name), " ", hint})}));
  }
  const auto is_agreed = [](const auto& one) { return one.agreed; };
  if (std::any_of(view.groups.begin(), view.groups.end(), [&](const SwitchGroup& group) {
        return std::any_of(group.switches.begin(), group.switches.end(), is_agreed) ||
               std::any_of(group.details.begin(), group.details.end(), is_agreed);
      }))
    parts.push_back(el("p", {{"class", "hint"}},
                       {say("A shorter time does not shorten what you allowed earlier: that goes on until its own end. "
                            "Switch it off to end it.")}));
  if (view.stay) parts.push_back(switch_row(say, *view.stay));
  return el("fieldset", {{"class", "durations"}}, parts);
}

}  // namespace

Html whose(const Speaker& say, const Party& party) {
  Html html;
  if (party.group)
    html.add(all({" ", el("span", {{"class", "quiet"}}, {say("A group: whoever is in it at the time")})}));
  if (!party.owner.empty())
    html.add(all({" ", el("span", {{"class", "quiet"}}, {say("Accountable: {0}", {isolated(party.owner)})})}));
  if (party.id != party.name) html.add(all({" ", el("code", {{"class", "quiet"}}, {isolated(party.id, 200)})}));
  return html;
}

Html odd_name(const Speaker& say, std::string_view name) {
  if (!mixes_scripts(name)) return {};
  return alert(say("This name mixes letters that look alike from different alphabets. Go by the identifier."));
}

std::string duration_label(const Speaker& say, std::string_view duration) {
  if (duration == "once") return say("This once");
  if (duration == "hour") return say("One hour");
  if (duration == "month") return say("30 days");
  if (duration == "until_withdrawn") return say("Until I take it back");
  return "";
}

Html detail_text(const DetailView& view) {
  std::vector<Html> words;
  for (const auto& piece : view.pieces)
    words.push_back(piece.is_value ? el("b", {}, {isolated(piece.text, 1000)}) : Html(inert_lines(piece.text)));
  Html rest;
  for (const auto& [name, value] : view.rest)
    rest.add(all({void_el("br", {}), el("span", {{"class", "quiet"}}, {isolated(name), ": ", isolated(value, 1000)})}));
  return all({el("span", {{"class", "what"}}, words), rest});
}

Html switch_row(const Speaker& say, const SwitchView& view) {
  const auto label = view.description.empty() ? isolated(view.scope) : isolated(view.description, 300);
  auto before = allowed_before(say, view.agreed, view.agreed_until);
  if (view.essential) before.add(el("span", {{"class", "badge"}}, {say("it says it needs this")}));
  Html scope;
  if (!view.description.empty()) scope = el("code", {{"class", "quiet"}}, {isolated(view.scope)});
  return el(
      "label", {{"class", "switch"}},
      {el("span", {}, {el("span", {{"class", "what"}}, {label}), " ", badge(say, view.sensitivity), before, scope}),
       void_el("input", {{"type", "checkbox"}, {"name", view.name}, {"value", view.value}, {"checked", view.on}})});
}

namespace {

// Enter on a switch presses the first button of a form, seen or not (HTML §4.10.22.2): this one, which allows nothing.
Html stay_button() {
  return el("span", {{"class", "unseen"}, {"aria-hidden", "true"}},
            {el("button", {{"type", "submit"}, {"name", "answer"}, {"value", "stay"}, {"tabindex", "-1"}})});
}

// Those that were allowed before, when this was shown (set_as_posted).
std::string agreed_of(const ConsentView& view) {
  std::string all;
  const auto add = [&](const auto& switches) {
    for (const auto& one : switches)
      if (one.agreed) all.append(all.empty() ? "" : " ").append(one.value);
  };
  add(view.identity);
  if (view.stay) add(std::vector{*view.stay});
  for (const auto& group : view.groups) {
    add(group.switches);
    add(group.details);
  }
  return all;
}

}  // namespace

std::string consent_page(const Speaker& say, const ConsentView& view) {
  std::vector<Html> groups;
  for (const auto& one : view.groups) groups.push_back(group(say, view, one));
  const auto title = view.groups.empty() ? say("Tell {0} who you are?", {isolated(view.client)})
                                         : say("Let {0} act for you?", {isolated(view.client)});
  Html lasting;
  if (!view.groups.empty()) lasting = durations(say, view);
  const auto as_whom = el("p", {},
                          {say("Signed in as {0}.", {el("b", {}, {isolated(view.user)})}), " ",
                           link(view.way.path("/sign-in") + "&other=1", say("Use another account"))});
  const auto buttons = el("div", {{"class", "buttons"}},
                          {button(say("Allow"), Look::primary, "answer", "allow"),
                           button(say("Do not allow"), Look::plain, "answer", "deny")});
  return page(say, {.title = say("Allow access")},
              all({view.problem ? alert(say(*view.problem)) : Html(), el("h1", {}, {title}), as_whom, asker(say, view),
                   form(view.way.path("/consent"), view.way.csrf,
                        {stay_button(), hidden("shown", view.shown), hidden("agreed", agreed_of(view)),
                         identity(say, view),
                         el("div", {{"class", "groups"}}, groups), handing_on(say, view), limits(say, view), lasting,
                         buttons}),
                   el("p", {{"class", "foot"}},
                      {say("You can see this and take it back at any time at {0}.",
                           {link(view.way.base + "/account", say("your account"))})})}));
}

std::string nothing_page(const Speaker& say, const NothingView& view) {
  const auto title = say("Nothing can be allowed");
  return page(say, {.title = title},
              all({el("h1", {}, {title}),
                   el("p", {}, {say("What {0} asks for cannot be allowed as {1}.",
                                    {isolated(view.client), isolated(view.user)})}),
                   el("p", {{"class", "quiet"}}, {el("code", {{"lang", "en"}}, {inert(view.technical, 300)})}),
                   form(view.way.path("/consent"), view.way.csrf,
                        {button(say("Back to the application"), Look::plain, "answer", "deny")}),
                   el("p", {{"class", "foot"}},
                      {link(view.way.path("/sign-in") + "&other=1", say("Use another account"))})}));
}

}  // namespace deputy::pages
