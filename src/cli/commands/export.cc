// deputy export: what the server holds, as a file for `apply`.
#include <ostream>

#include "cli/apply/current.h"
#include "cli/apply/write.h"
#include "cli/commands/all.h"

namespace deputy::cli {
namespace {

Result<Done, Failure> run(const Line&, Session& session) {
  if (session.format() == Format::json)
    return misuse("an export is YAML, which `deputy apply` takes: leave --output away");
  TRY(const auto held, apply::current(session));
  const auto written = apply::write(held.records);
  session.out() << written.text;
  for (const auto& note : written.notes) session.err() << "deputy: note: " << note << '\n';
  return Done{};
}

}  // namespace

void add_export(Table& table) {
  table.push_back({.words = "export",
                   .doc = "Write what is in your reach as YAML for `apply`: no credentials, and no agents that "
                          "are revoked or have expired.",
                   .example = "deputy export > deputy.yaml",
                   .run = run});
}

}  // namespace deputy::cli
