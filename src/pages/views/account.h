// /account, as a person sees it: what acts for them, where and how they sign in, and what was done for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pages/views/consent.h"

namespace deputy::pages {

enum class Tab { agents, devices, security, history };
struct AccountFrame {
  Way way;
  std::string user;
  Tab tab = Tab::agents;
  std::optional<Phrase> said;     // what was just done
  std::optional<Phrase> problem;  // what was not
  bool wrong = false;             // what was not is told further down
  std::string sign_in = {};       // where to sign in again, which is what the problem asks for; empty: it does not
};

// One that acts further down, below a delegation.
struct BranchView {
  Party actor;
  int depth = 1;
  std::string scopes;
  std::optional<Instant> used_at;
};
struct DelegationView {
  std::string id;
  std::vector<SwitchGroup> groups;  // `value` of a switch is what withdraws it
  Instant created_at;
  std::optional<Instant> not_after, used_at;
  std::optional<std::uint64_t> uses_max;
  std::uint64_t uses = 0;  // of those
  std::vector<BranchView> below;
  bool more_below = false;
};
// An agent, with each of what it was allowed.
struct AgentView {
  Party agent;
  std::string organization;
  std::optional<Phrase> stopped;            // why it does not act now
  std::vector<DelegationView> delegations;  // at least one; newest first
};
struct ToldView {  // a client that may know who the person is
  std::string id;
  Party client;
  std::vector<std::string> what;  // in words
  std::string scope;              // as it is recorded
};
struct AgentsView {
  AccountFrame frame;
  std::vector<AgentView> agents;
  std::vector<ToldView> told;
  std::string before = {};  // where earlier ones are; empty: those were all
};
std::string agents_page(const Speaker& say, const AgentsView& view);

// A browser that is known, or a session in one that is not.
struct DeviceView {
  std::string session, browser;  // ids: what is ended there, and what is forgotten; empty: nothing
  std::string name;
  Instant since, seen;  // since: of the sign-in that is live there
  bool here = false;
};
struct DevicesView {
  AccountFrame frame;
  std::vector<DeviceView> devices;
};
std::string devices_page(const Speaker& say, const DevicesView& view);

struct MethodView {
  std::string id, type, label;
  Instant since;
  std::optional<Instant> used_at;
  std::optional<std::size_t> left = {};  // of recovery codes: how many
  bool offered = true;                   // by the tenant; else nobody signs in by it
};
struct SecurityView {
  AccountFrame frame;
  std::vector<MethodView> methods;
  bool password = false;  // has one
  std::string username = {};  // whose it is, for a browser that keeps passwords
  std::optional<Phrase> password_problem = {};  // why it was not changed
  bool password_offered = true, totp_offered = false, passkeys_offered = false;
  std::optional<Phrase> wanting = {};       // of the sign-in, before anything here may be changed
  std::string sign_in = {};                 // where, then
  std::string passkey_options;              // JSON for the script; empty: none can be made
  Seconds to_begin_a_passkey{0};            // from when the page was made: later, what it leads to is refused
  std::vector<std::string> recovery_codes;  // to be shown once
  std::uint64_t codes_version = 0;          // of those there are: the form that replaces them replaces no others
};
std::string security_page(const Speaker& say, const SecurityView& view);

struct TotpView {
  AccountFrame frame;
  std::string enrolment, secret, uri, qr_svg;
  bool wrong = false;     // the code that was typed
  bool replaces = false;  // an app that there is, and its recovery codes
};
std::string totp_page(const Speaker& say, const TotpView& view);

// What something was allowed for: a resource by its name, with what its scopes are for; or what is told of the person.
struct ThingView {
  std::string name;
  std::vector<std::string> parts;
};
struct HappeningView {
  Instant at;
  std::string actor;                 // a name; empty: nobody has proved to be anybody
  std::vector<std::string> through;  // names of who handed on to them, nearest first
  std::string action, decision, reason;  // as recorded
  std::string target;                    // the name of what an administrator's change is about
  std::vector<std::string> ids;          // of all of these: two may have one name (A37)
  std::string resource, scope;
  std::string details;              // authorization_details that were given, as recorded
  std::vector<ThingView> things;    // these in words, where there are some
  std::vector<DetailView> in_words;
  std::size_t times = 1;  // in a row; `at` is the last of them
};
struct HistoryView {
  AccountFrame frame;
  std::vector<HappeningView> events;
  std::uint64_t before = 0;  // where to go on; 0: that is all
};
std::string history_page(const Speaker& say, const HistoryView& view);

}  // namespace deputy::pages
