// deputy export: what the server holds, as a file for `apply`.
#include <ostream>

#include "cli/apply/current.h"
#include "cli/apply/write.h"
#include "cli/commands/all.h"

namespace deputy::cli {
namespace {

Result<Done, Failure> run(const Line&, Session& session) {
  TRY(const auto held, apply::current(session, apply::Members::read));
  session.out() << apply::write(held);
  return Done{};
}

}  // namespace

void add_export(Table& table) {
  table.push_back({.words = "export",
                   .doc = "Write what is in your reach as YAML for `apply`: no credentials, no revoked agents.",
                   .example = "deputy export > deputy.yaml",
                   .run = run});
}

}  // namespace deputy::cli
