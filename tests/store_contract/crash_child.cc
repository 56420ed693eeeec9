// Writes numbered batches as fast as it can and says which are durable, until it is killed. See crash_test.cc.
#include <unistd.h>

#include <semaphore>

#include "store/store.h"

namespace {

using namespace deputy;

// Batch n: a record, a mark, two events and a changed counter. All of them are there, or none is.
store::Writes batch(std::uint64_t n) {
  const auto name = std::to_string(n);
  const auto at = from_unix_millis(1'795'500'000'000);
  const auto event = [&](const char* part) {
    return store::Append{{.id = "evt_" + name + part, .at = at, .tenant = "acme", .action = "test.write",
                          .target = "agt_" + name}};
  };
  store::Record record{.kind = directory::Kind::agent, .tenant = "acme", .id = "agt_" + name, .under = "agt_" + name,
                       .created_at = at, .updated_at = at, .body = std::string(300, 'x')};
  return {event("a"), store::Put{record, 0, {{"number", name, true}}},
          store::Keep{store::Use::code, "acme", name, at, name}, event("b")};
}

}  // namespace

// crash_child FILE FIRST: writes 8 bytes to standard output for each durable batch, from FIRST on.
int main(int count, char** arguments) {
  if (count != 3) return 2;
  auto opened = store::open_sqlite_store({.file = arguments[1]});
  if (!opened) return 3;
  auto store = std::move(opened).take();
  std::counting_semaphore<> room(200);
  for (std::uint64_t n = std::stoull(arguments[2]);; ++n) {
    room.acquire();
    store->commit(batch(n), [&room, n](const Result<store::Outcome, Fault>& outcome) {
      if (!outcome || !std::holds_alternative<Done>(*outcome)) ::_exit(4);
      if (::write(STDOUT_FILENO, &n, sizeof n) != sizeof n) ::_exit(5);
      room.release();
    });
    if (n % 13 == 0) store->flush();
  }
}
