// --secret-file: a new secret is written to a file that was there before it, or shown once.
#pragma once

#include <string>

#include "base/secret_file.h"
#include "cli/command.h"
#include "cli/session.h"

namespace deputy::cli {

// That of --secret-file, empty; without the flag there is none.
Result<SecretFile, Failure> make_secret_file(const Line& line);

// Shown once: on the output, or in the file, and then it is not in the record. A file that does not take it loses
// nothing: it is shown, and the answer is a refusal. Where the output does not take it either, `if_lost` says what is
// lost and what to do.
Result<Done, Failure> show_with_secret(Session& session, json::object record, SecretFile file,
                                       const std::string& if_lost);

}  // namespace deputy::cli
