// A store on a file of its own that a test can close, open again, hold, and change behind the store's back.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <future>
#include <memory>
#include <string>

#include "tests/store_contract/stores.h"

namespace deputy::store {

// Holds the writer's thread inside a callback, so that what is queued meanwhile is one group.
class Gate {
 public:
  explicit Gate(Store& store) {
    store.commit({Append{event("evt_gate")}}, [this](const Result<Outcome, Fault>&) {
      entered_.set_value();
      open_.get_future().wait();
    });
    store.flush();
    entered_.get_future().wait();
  }
  void open() { open_.set_value(); }

 private:
  std::promise<void> entered_, open_;
};

class SqliteFile : public testing::Test {
 protected:
  std::unique_ptr<Store> open(SqliteConfig config = {}) {
    config.file = file;
    auto store = open_sqlite_store(config);
    EXPECT_TRUE(store) << store.error().detail;
    return store ? std::move(store).take() : nullptr;
  }
  void run(const char* sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }

  Folder folder;
  std::string file = folder.file("store.db");
};

}  // namespace deputy::store
