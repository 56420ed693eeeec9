// Kill -9 at a random moment: what was acknowledged is whole, and nothing is half there.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

std::string child_program() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "store_crash_child").string();
}

// Runs the child until it has acknowledged `batches`, kills it, and gives the last number it acknowledged.
std::uint64_t write_and_kill(const std::string& file, std::uint64_t first, int batches) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const auto program = child_program(), from = std::to_string(first);
  const auto child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execl(program.c_str(), program.c_str(), file.c_str(), from.c_str(), nullptr);
    ::_exit(6);
  }
  ::close(ends[1]);
  std::uint64_t last = first - 1, number = 0;
  for (int read = 0; ::read(ends[0], &number, sizeof number) == sizeof number; ++read) {
    EXPECT_EQ(number, last + 1);
    last = number;
    if (read == batches) ::kill(child, SIGKILL);  // what it has said by then is still in the pipe, and is read
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ends[0]);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  return last;
}

bool whole(Store& store, std::uint64_t n) {
  const auto name = std::to_string(n);
  const auto kept = store.kept(Use::code, "acme", name, noon - Seconds(1));
  return store.get("acme", Kind::agent, "agt_" + name)->has_value() &&
         store.find("acme", Kind::agent, "number", name)->has_value() && *kept && (*kept)->body == name;
}

TEST(Crash, a40_every_acknowledged_batch_is_whole_after_kill_9) {
  Folder folder;
  const auto file = folder.file("store.db");
  std::mt19937 random(20261124);
  std::uint64_t next = 1;
  for (int round = 0; round < 12; ++round) {
    const auto acknowledged = write_and_kill(file, next, std::uniform_int_distribution(1, 4000)(random));
    auto opened = open_sqlite_store({.file = file});
    ASSERT_TRUE(opened) << opened.error().detail;
    auto store = std::move(opened).take();
    // The log tells which batches there are: two events each, in order, and so many of them as of everything else.
    const auto last_event = *store->last_event();
    ASSERT_EQ(last_event % 2, 0u);
    const auto there = last_event / 2;
    ASSERT_GE(there, acknowledged) << "round " << round;
    for (auto n = next; n <= there; ++n) ASSERT_TRUE(whole(*store, n)) << n;
    ASSERT_FALSE(store->get("acme", Kind::agent, "agt_" + std::to_string(there + 1))->has_value());
    ASSERT_FALSE(store->kept(Use::code, "acme", std::to_string(there + 1), noon - Seconds(1))->has_value());
    const auto page = store->events("acme", {}, {.after = 2 * (next - 1), .limit = 1'000'000, .scan = 1'000'000});
    ASSERT_EQ(page->events.size(), 2 * (there - next + 1));
    for (std::size_t i = 0; i < page->events.size(); ++i)
      ASSERT_EQ(page->events[i].id, "evt_" + std::to_string(next + i / 2) + (i % 2 == 0 ? "a" : "b"));
    next = there + 1;
  }
}

}  // namespace
}  // namespace deputy::store
