// deputy group members|add-member|remove-member: who is in a group.
#include <fmt/format.h>

#include <ostream>

#include "base/encoding.h"
#include "cli/commands/all.h"
#include "cli/commands/delegation.h"
#include "cli/listing.h"
#include "cli/lookup.h"
#include "cli/names.h"
#include "cli/session.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

constexpr Kind kMembers[] = {Kind::user, Kind::agent, Kind::group, Kind::application};

Result<std::string, Failure> members_path(client::Api& api, const Line& line) {
  TRY(const std::string id, find(api, Kind::group, line.text("GROUP")));
  return path_of(Kind::group, id) + "/members";
}

Result<Done, Failure> members(const Line& line, Session& session) {
  TRY(const std::size_t most, limit_of(line));
  TRY(client::Api* const api, session.api());
  TRY(const std::string path, members_path(*api, line));
  Names names(*api, Names::Bound::in_all);
  return show_listing(session, {.path = path,
                                .what = "members",
                                .columns = {"id", "member"},
                                .most = most,
                                .for_people = [&](json::array& items) {
                                  constexpr std::string_view named[] = {"member"};
                                  put_names(items, named, names);
                                }});
}

Result<Done, Failure> add_member(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const std::string path, members_path(*api, line));
  TRY(const Found member, find(*api, kMembers, line.text("MEMBER")));
  TRY(const json::object made, api->post(path, {{"member", member.id}}));
  session.show(made);
  return Done{};
}

Result<Done, Failure> remove_member(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const std::string path, members_path(*api, line));
  TRY(const Found member, find(*api, kMembers, line.text("MEMBER")));
  const std::string membership = path + "/" + percent_encode(member.id);
  if (line.has("preview")) return preview_removal(membership, session);
  TRY(const Done confirmed,
      session.confirm(fmt::format("Take {} out of group {}?{}", member.id, client::printable(line.text("GROUP")),
                                  ending_of_removal(membership, session))));
  TRY(const Done removed, api->remove(membership));
  session.did("removed", member.id);
  return Done{};
}

}  // namespace

void add_group_members(Table& table) {
  const Argument group{"GROUP", "Its id or its name."};
  const Argument member{"MEMBER", "An id, a name, or a kind and a name: user/alice."};
  table.push_back({.words = "group members",
                   .doc = "List who is in a group.",
                   .example = "deputy group members on-call",
                   .arguments = {group},
                   .flags = {limit_flag()},
                   .run = members});
  table.push_back({.words = "group add-member",
                   .doc = "Put a member into a group.",
                   .example = "deputy group add-member on-call user/alice",
                   .arguments = {group, member},
                   .run = add_member});
  table.push_back({.words = "group remove-member",
                   .doc = "Take a member out of a group.",
                   .example = "deputy group remove-member on-call user/alice",
                   .arguments = {group, member},
                   .flags = {preview_flag()},
                   .run = remove_member});
}

}  // namespace deputy::cli
