// Consent, as a person sees it: who asks, for what at which resource, what others may do on, and for how long.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pages/views/sign_in.h"

namespace deputy::pages {

struct SwitchView {
  std::string name, value;  // in the form
  std::string scope, description, sensitivity;
  bool on = true, agreed = false;
  std::optional<Instant> agreed_until = {};  // none: until it is taken back
  bool essential = false;  // the client says that it cannot do without
};

// An authorization detail of a registered type: the resource's words with the request's values between them, and what
// those words do not say.
struct DetailView {
  struct Piece {
    std::string text;
    bool is_value = false;
  };
  std::string name, value;  // in the form
  std::string type;
  std::vector<Piece> pieces;
  std::vector<std::pair<std::string, std::string>> rest;  // member, value
  bool on = true, agreed = false;
  std::optional<Instant> agreed_until = {};
};

// Somebody who acts beside the client. A name is anybody's; the identifier is theirs alone, and somebody answers for it
// (A37).
struct Party {
  std::string name, id, owner;
  bool group = false;  // a group, for whoever is in it
};

// What may be done at one resource: by the client itself, or by an agent it calls.
struct SwitchGroup {
  std::string resource, identifier;
  Party onward;  // the agent; without an id: the client itself
  std::vector<SwitchView> switches;
  std::vector<DetailView> details;
};

struct DurationView {
  std::string name;  // in the form
  std::optional<Instant> until;
  bool as_asked = false;  // it would last longer, but for what the request itself sets
};

struct ConsentView {
  Way way;
  std::string shown;  // what the form brings back of how the client, and what it asks for, was shown
  std::string client, client_id, description, owner, organization, redirect_host;
  bool agent = true, verified = false;
  std::string user;                  // as whom the person is signed in: name and username
  std::vector<SwitchView> identity;  // what the client would learn of the person
  std::optional<SwitchView> stay;    // connected: beside the durations, or where there are none with the identity
  std::vector<SwitchGroup> groups;
  std::vector<Party> hands_on;       // those it may hand on to
  std::string details;               // authorization_details, laid out; empty: none
  std::optional<Instant> not_after;  // that the request itself sets
  std::optional<std::uint64_t> uses;
  std::optional<int> max_depth;  // 1: nothing below the client itself
  std::vector<DurationView> durations;
  std::string duration = "hour";  // chosen before; one of those
  std::optional<Phrase> problem = {};
};
std::string consent_page(const Speaker& say, const ConsentView& view);

// Who is signed in can allow nothing of what is asked; somebody else might.
struct NothingView {
  Way way;
  std::string client, user;
  std::string technical;  // for whoever runs the application
};
std::string nothing_page(const Speaker& say, const NothingView& view);

// Behind a name: who answers for it, and its identifier.
Html whose(const Speaker& say, const Party& party);
// The warning that a name mixes alphabets; empty: it does not.
Html odd_name(const Speaker& say, std::string_view name);
// The words for a duration, as the form names it; empty for an unknown one.
std::string duration_label(const Speaker& say, std::string_view duration);
// A detail in words: nothing that the request says can pass for them (A37).
Html detail_text(const DetailView& view);
// One switch of a form.
Html switch_row(const Speaker& say, const SwitchView& view);

}  // namespace deputy::pages
