// Holdings: who holds what by which records, read for one change, each record once.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "directory/authority.h"
#include "endpoints/admin/frame/visit.h"
#include "endpoints/admin/revocation/narrowing.h"

namespace deputy::endpoints::admin {

class Holdings {
 public:
  explicit Holdings(const Visit& visit) : visit_(visit) {}

  using Roles = std::map<directory::Acts, std::set<std::string>>;  // ids
  // The roles of a principal, its own and its groups'; as they are, or as they would be after `taken`. `whole_tenant`:
  // those alone that no organization bounds.
  enum class Reaching : std::uint8_t { anything, whole_tenant };
  Result<Roles, Fault> roles_of(const std::string& principal, const Taken* taken,
                                Reaching reaching = Reaching::anything);
  // The groups that a principal or a group is in, through nesting however deep, as minting has it; as they are, or as
  // they would be after `taken`.
  Result<std::vector<std::string>, Fault> groups_of(const std::string& id, const Taken* taken);
  // The principals in a group, through nesting; more than `most`: none of them. A principal is its only member.
  Result<std::optional<std::set<std::string>>, Fault> members_of(std::string_view id, std::size_t most);
  // Those of several, one after the other: what they are in together is gone through once.
  struct Everyone {
    std::set<std::string> principals = {}, groups = {};
    std::size_t read = 0;  // records
  };
  // False: more than `most` people or groups, or that they are in each other so often that it takes more than so many
  // times as many records to know.
  static constexpr std::size_t records_each = 4;
  Result<bool, Fault> gather(std::string_view id, std::size_t most, Everyone& all);
  // That nobody else is in the groups that members_of() went through: who comes in meanwhile would be left out.
  store::Writes nobody_else() const;
  // A role as it is or, where `taken` says so, would be. Null: there is none.
  Result<const directory::Role*, Fault> role(const std::string& id, const Taken* taken);
  // Null: there is none.
  Result<store::Directory::ResourcePtr, Fault> resource(const std::string& id);
  // Those that these roles speak of.
  Result<std::vector<store::Directory::ResourcePtr>, Fault> resources_of(const std::set<std::string>& roles);
  // What these roles give at a resource.
  Result<oauth::ScopeSet, Fault> given(const std::set<std::string>& roles, const directory::Resource& resource,
                                       const Taken* taken);

  // All records that decided about these principals, to be held at the versions they were read at.
  store::Writes requires_of(const std::set<std::string>& principals, const Taken& taken) const;
  // Of these roles alone: who is given more by one meanwhile would keep it.
  store::Writes requires_of_roles(const std::set<std::string>& roles, const Taken& taken) const;
  // Of all resources that were read: what one comes to define, a pattern may give.
  store::Writes requires_of_resources() const;
  // That principals or groups, with the groups above them, are given nothing meanwhile, and are put into no other.
  store::Writes nothing_more(const std::set<std::string>& ids) const;
  // That these, and the groups above them, stay in the groups they are in, but for what is taken, and are put into no
  // other: by whose groups these are.
  std::map<std::string, store::Writes> no_other_groups(const std::set<std::string>& ids, const Taken& taken) const;

 private:
  struct Node {  // a principal or a group
    std::vector<directory::Assignment> assignments;
    std::vector<std::string> groups;
    std::vector<store::Require> records;
  };
  using Nodes = std::map<std::string, Node>;
  Result<const Node*, Fault> node(const std::string& id);
  // These, and the groups above them, as far as they were read: each once.
  std::vector<const Nodes::value_type*> read_of(const std::set<std::string>& ids) const;

  const Visit& visit_;
  Nodes nodes_;
  std::map<std::string, std::set<std::string, std::less<>>> memberships_;  // by group: the ids of all that were found
  struct ReadRole {
    std::optional<directory::Role> role;
    std::uint64_t version = 0;
  };
  std::map<std::string, ReadRole> roles_;
  struct ReadResource {
    store::Directory::ResourcePtr resource;
    std::uint64_t version = 0;
  };
  std::map<std::string, ReadResource> resources_;
};

// On whose account it is held that nobody else is in what loses something (Change::hold); by what is held for the rest.
std::string who_come_into(const std::string& what);

}  // namespace deputy::endpoints::admin
