// World: all that a command touches outside itself, handed in so that a test can stand in for it.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "client/transport.h"

namespace deputy::cli {

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool err_is_terminal = false;
};

// Of the server's own commands: for each beginning of a line ("", "config", "config check"), what may come next; and
// behind an option that has a few values ("serve --log.level").
using ServerWords = std::map<std::string, std::vector<std::string>>;

struct World {
  Streams streams;
  std::function<std::optional<std::string>(const std::string&)> environment;
  std::function<std::unique_ptr<client::Transport>(const http::FetchLimits&)> transport;
  std::function<std::optional<Secret>(const std::string& prompt)> ask_secret;  // from the terminal, without echo
  const Clock& clock;
  Random& random;
  std::function<ServerWords()> server_words = {};  // for completion; empty: there is no server in this program
};

// This machine's environment, network, terminal and clock around the given streams.
World this_machine(Streams streams);

}  // namespace deputy::cli
