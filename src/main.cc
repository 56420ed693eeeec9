// deputy: one binary. `serve`, `init`, `recover` and `config` are the server's; every other command is a client's.
#include <iostream>
#include <span>
#include <string_view>

#include "cli/main.h"
#include "server/commands.h"

// For the allocator (docs/adr/0015), which reads it by this name: threads share two arenas, and what is free for half a
// second goes back.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:2,dirty_decay_ms:500";
}

int main(int argc, char** argv) {
  const std::span<const char* const> args(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
  if (!args.empty() && deputy::server::knows(args.front())) return deputy::server::run(args);
  auto world = deputy::cli::this_machine({std::cin, std::cout, std::cerr});
  world.server_words = deputy::server::next_words;
  return deputy::cli::run(args, world);
}
