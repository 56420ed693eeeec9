// The stores the contract is checked on, and short words for writing and refusing.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "store/store.h"

namespace deputy::store {

inline constexpr Instant noon = from_unix_millis(1'795'500'000'000);

// A folder of its own, gone with the test.
class Folder {
 public:
  Folder();
  ~Folder();
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct Opener {
  const char* name;
  std::unique_ptr<Store> (*open)(const Folder& folder);
};

std::vector<Opener> openers();

class Contract : public testing::TestWithParam<Opener> {
 protected:
  Contract() : store(GetParam().open(folder)) {}

  // Commits, and expects that nothing stood against it.
  void accept(Writes writes);
  Refused refuse(Writes writes);
  Record get(Kind kind, std::string_view id, std::string_view tenant = "acme");
  bool exists(Kind kind, std::string_view id, std::string_view tenant = "acme");
  std::vector<std::string> ids(Kind kind, const Page& page, std::string_view tenant = "acme");

  Folder folder;
  std::unique_ptr<Store> store;
};

Record record(Kind kind, std::string id, std::string body = "{}", std::string under = "");
Put create(Record record, std::vector<Index> indexes = {});
Put replace(Record record, std::uint64_t expected_version, std::vector<Index> indexes = {});
audit::Event event(std::string id, std::string action = "token.issue", Instant at = noon);

bool was_done(const Result<Outcome, Fault>& outcome);

}  // namespace deputy::store
