// Plan: from what a file wants and what a server holds, the steps between them. Pure: it asks nobody.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/apply/read.h"
#include "cli/apply/record.h"

namespace deputy::cli::apply {

struct Step {
  enum class Act { create, update, transfer, suspend, add_member, remove_member, revoke, remove };
  Act act;
  Kind kind;
  std::string symbol;     // of the record, as people name it; what later steps refer to it by while it has no id
  std::string id;         // empty: made by an earlier step
  std::int64_t version = 0;
  json::object fields{};  // create: all; update: the patch; transfer: the owner. References are ids, or symbols of
                          // records that earlier steps make
  json::object before{};  // update, transfer: the same fields (of attributes, the same ones) as they are; remove, of an
                          // assignment: what it was
  std::string member{};   // an id, or a symbol
  std::vector<std::string> credentials{};  // create, update: the attributes whose values are shown to nobody
  int line = 0;             // of the record in the file; 0: it is not there any more
  YamlLines lines{};        // of its fields there
};

struct Plan {
  std::vector<Step> steps;  // in an order in which each is possible
  std::size_t unchanged = 0;
  std::vector<std::string> keep_credentials;  // agents, as people name them, that have what the file names of these
  std::vector<std::string> unseen_delegates;  // "agent/bot (agt_…)": taken out, and deleted or out of reach
};

// `made_earlier`: ids that an earlier run of this file made; those it no longer wants are removed, if nothing that
// stays refers to them. A field that the file leaves out is taken away, or goes back to its default: the file says all
// there is. Only `members` left out leaves the members alone, what refers to agents that are gone stays, and so does a
// credential among its attributes that an agent has: nobody can tell whether the file has the same. `unreadable`: kinds
// of which `current` says nothing, because the caller may not see them; the file may name their records by ids.
Result<Plan, Problems> plan(const std::vector<Record>& desired, const std::vector<Record>& current,
                            const std::set<std::string>& made_earlier, const std::set<Kind>& unreadable = {});

}  // namespace deputy::cli::apply
