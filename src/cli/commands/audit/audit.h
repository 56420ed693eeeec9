// deputy audit …: the words its commands share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/checkpoint.h"
#include "cli/commands/all.h"
#include "cli/session.h"

namespace deputy::cli {

void add_checkpoint_command(Table& table);
void add_audit_key_commands(Table& table);
void add_proof_command(Table& table);
void add_audit_export_command(Table& table);
void add_verify_command(Table& table);

// The log's keys that --key holds; none if it was not typed.
Result<std::vector<audit::NoteKey>, Failure> keys_of(const Line& line);
// A whole number that a flag holds, if it does.
Result<std::optional<std::uint64_t>, Failure> number_of(const Line& line, const std::string& flag);

inline const Flag key_flag{.name = "key", .value = "VKEY",
                           .doc = "The log's key, as `deputy audit key` showed it when you had reason to trust it.",
                           .times = Flag::Times::many};

}  // namespace deputy::cli
