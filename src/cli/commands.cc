// The table of commands, and of the families they come in.
#include <ostream>

#include "cli/commands/all.h"
#include "cli/session.h"

namespace deputy::cli {
namespace {

Result<Done, Failure> version(const Line&, Session& session) {
  if (session.format() == Format::table) session.out() << "deputy " DEPUTY_VERSION "\n";
  else session.show(json::object{{"version", DEPUTY_VERSION}});
  return Done{};
}

Table all() {
  Table table;
  for (const auto add : {add_login, add_profile, add_agent, add_nouns, add_tenant, add_sign_in, add_group_members,
                         add_assign, add_credential, add_key, add_token, add_delegation, add_explain, add_revocation,
                         add_events, add_audit, add_apply, add_export, add_completion})
    add(table);
  table.push_back({.words = "version", .doc = "Say which version this is.", .example = "deputy version",
                   .run = version});
  return table;
}

}  // namespace

const std::vector<Command>& commands() {
  static const Table table = all();
  return table;
}

const std::vector<Family>& families() {
  static const std::vector<Family> rows{
      {"login", "Save a server and a client to talk to it as."},
      {"logout", "Forget a saved client and its secret."},
      {"whoami", "Who these commands act as, and what it may do."},
      {"profile", "The servers and clients that are saved."},
      {"agent", "Register agents, hand them over, and stop them."},
      {"agent-type", "The attributes that agents of one type have."},
      {"resource", "What tokens are for, and the scopes each offers."},
      {"role", "Named sets of permissions."},
      {"assign", "Give a role to an agent, user, group or application."},
      {"unassign", "Take a role away."},
      {"assignment", "Who holds which role."},
      {"user", "People who own agents or let them act."},
      {"group", "Users and agents that are meant together."},
      {"application", "Clients that people sign in to."},
      {"organization", "Customers and their parts."},
      {"tenant", "Customers with an issuer, keys and a directory of their own."},
      {"trusted-issuer", "Other identity providers, whose users' tokens may begin a delegation here."},
      {"credential", "What an agent, application or user proves itself with."},
      {"key", "The keys this server signs with."},
      {"token", "Get a token, exchange it, or see what one says."},
      {"delegation", "Who acts for whom: trees of delegations, and their end."},
      {"explain", "What an agent would be given for someone, and why not more."},
      {"revocation", "What has been revoked, for those who enforce it."},
      {"events", "The audit trail."},
      {"audit", "Proof that the audit trail is whole."},
      {"apply", "Make the server hold what a file says."},
      {"export", "Write what the server holds, as a file for `apply`."},
      {"completion", "Completion of these commands for a shell."},
      {"version", "Say which version this is."},
  };
  return rows;
}

const std::vector<Family>& server_families() {
  static const std::vector<Family> rows{
      {"serve", "Run the server."},
      {"init", "Write a configuration and the first administrator."},
      {"recover", "Make a new administrator where all others are lost; the server is stopped."},
      {"config", "Check a configuration file."},
  };
  return rows;
}

}  // namespace deputy::cli
