// A secret goes into its file or to the output, and where neither takes it that is said.
#include "cli/secret_file.h"

#include <ostream>

#include "client/refusal.h"

namespace deputy::cli {

Result<SecretFile, Failure> make_secret_file(const Line& line) {
  auto made = SecretFile::make(line.text("secret-file"));
  if (made) return std::move(made).take();
  const auto exit = made.error().kind == Fault::Kind::unavailable ? Exit::refused : Exit::usage;
  return Fail{Failure(exit, client::printable(made.error().detail))};
}

Result<Done, Failure> show_with_secret(Session& session, json::object record, SecretFile file,
                                       const std::string& if_lost) {
  const auto secret = json_text(record, "secret");
  const auto shown = [&] {
    session.show(record);
    return static_cast<bool>(session.out().flush());
  };
  const auto lost = [&] { return refuse("the output could not be written, and " + if_lost); };
  if (!secret || !file.is_open()) {
    if (!shown() && secret) return lost();
    if (secret) session.err() << "The secret is shown this once; keep it where only its owner can read it.\n";
    return Done{};
  }
  if (const auto written = file.write(*secret); !written) {
    if (!shown()) return lost();
    return refuse(client::printable(written.error().detail) +
                  "; so the secret is shown, this once: keep it where only its owner can read it");
  }
  record.erase("secret");
  record["secret_file"] = file.path();
  session.show(record);
  return Done{};
}

}  // namespace deputy::cli
