// Opens each store for each test, and the words of stores.h.
#include "tests/store_contract/stores.h"

#include <unistd.h>

#include <atomic>
#include <ostream>

namespace deputy::store {
namespace {

std::unique_ptr<Store> memory(const Folder&) { return open_memory_store(); }

std::unique_ptr<Store> sqlite(const Folder& folder) {
  auto store = open_sqlite_store({.file = folder.file("store.db")});
  EXPECT_TRUE(store) << store.error().detail;
  return std::move(store).take();
}

}  // namespace

void PrintTo(const Opener& opener, std::ostream* out) { *out << opener.name; }

std::vector<Opener> openers() { return {{"memory", memory}, {"sqlite", sqlite}}; }

Folder::Folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "deputy-store-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}
Folder::~Folder() { std::filesystem::remove_all(path_); }

void Contract::accept(Writes writes) {
  const auto outcome = store->commit_now(std::move(writes));
  ASSERT_TRUE(outcome) << outcome.error().detail;
  ASSERT_TRUE(std::holds_alternative<Done>(*outcome))
      << "refused at write " << std::get<Refused>(*outcome).write << ", why "
      << static_cast<int>(std::get<Refused>(*outcome).why);
}

Refused Contract::refuse(Writes writes) {
  const auto outcome = store->commit_now(std::move(writes));
  EXPECT_TRUE(outcome) << outcome.error().detail;
  EXPECT_TRUE(outcome && std::holds_alternative<Refused>(*outcome)) << "was done";
  if (!outcome || !std::holds_alternative<Refused>(*outcome)) return {Refused::Why::version, 999, "was not refused"};
  return std::get<Refused>(*outcome);
}

Record Contract::get(Kind kind, std::string_view id, std::string_view tenant) {
  const auto found = store->get(tenant, kind, id);
  EXPECT_TRUE(found && *found) << id;
  return found && *found ? **found : Record{};
}

bool Contract::exists(Kind kind, std::string_view id, std::string_view tenant) {
  const auto found = store->get(tenant, kind, id);
  EXPECT_TRUE(found);
  return found && found->has_value();
}

std::vector<std::string> Contract::ids(Kind kind, const Page& page, std::string_view tenant) {
  const auto found = store->list(tenant, kind, page);
  EXPECT_TRUE(found);
  std::vector<std::string> ids;
  if (found)
    for (const auto& one : *found) ids.push_back(one.id);
  return ids;
}

Record record(Kind kind, std::string id, std::string body, std::string under) {
  Record record;
  record.kind = kind;
  record.tenant = "acme";
  record.under = under.empty() ? id : std::move(under);
  record.id = std::move(id);
  record.created_at = record.updated_at = noon;
  record.body = std::move(body);
  return record;
}

Put create(Record record, std::vector<Index> indexes) { return {std::move(record), 0, std::move(indexes)}; }

Put replace(Record record, std::uint64_t expected_version, std::vector<Index> indexes) {
  return {std::move(record), expected_version, std::move(indexes)};
}

audit::Event event(std::string id, std::string action, Instant at) {
  audit::Event event;
  event.id = std::move(id);
  event.at = at;
  event.tenant = "acme";
  event.action = std::move(action);
  return event;
}

bool was_done(const Result<Outcome, Fault>& outcome) { return outcome && std::holds_alternative<Done>(*outcome); }

}  // namespace deputy::store
