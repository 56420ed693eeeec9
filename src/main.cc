// deputy: one binary. `serve`, `init`, `recover` and `config` are the server's; every other command is a client's.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
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

namespace {

// Of 0 to 2 one that is closed would be the next file that is opened, and the log be written into that. What is opened
// in its place fails as a closed one does: who is to read it cannot, who is to write neither.
void fill_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF)
      (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace

int main(int argc, char** argv) {
  fill_closed_streams();
  const std::span<const char* const> args(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
  if (!args.empty() && deputy::server::knows(args.front())) return deputy::server::run(args);
  auto world = deputy::cli::this_machine({std::cin, std::cout, std::cerr});
  world.server_words = deputy::server::next_words;
  return deputy::cli::run(args, world);
}
