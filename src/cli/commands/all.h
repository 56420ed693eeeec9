// Every family of commands: each adds its rows to the table.
#pragma once

#include <vector>

#include "cli/command.h"

namespace deputy::cli {

using Table = std::vector<Command>;

void add_login(Table& table);
void add_profile(Table& table);
void add_agent(Table& table);
void add_nouns(Table& table);
void add_tenant(Table& table);
void add_group_members(Table& table);
void add_sign_in(Table& table);
void add_assign(Table& table);
void add_credential(Table& table);
void add_key(Table& table);
void add_token(Table& table);
void add_delegation(Table& table);
void add_explain(Table& table);
void add_revocation(Table& table);
void add_events(Table& table);
void add_audit(Table& table);
void add_apply(Table& table);
void add_export(Table& table);
void add_completion(Table& table);

}  // namespace deputy::cli
