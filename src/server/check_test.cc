// Config check says what serving would say, all of it at once, and leaves no trace.
#include "server/check.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "http/certificate_test.h"
#include "server/init.h"
#include "server/temporary_folder_test.h"
#include "server/world.h"
#include "server/writable.h"

namespace deputy::server {
namespace {

class Check : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(init(config({}))); }

  Config config(Values settings) const {
    settings.try_emplace("data", folder_ + "/id");
    return *build({{{"http.port", "0"}, {"origin", "http://127.0.0.1:8440"}}, std::move(settings)});
  }
  std::string said(Values settings) const {
    const auto checked = check(config(std::move(settings)));
    return checked ? "ok" : checked.error().detail;
  }
  // What `serve` says before it serves.
  std::string served(Values settings) const {
    const auto with = config(std::move(settings));
    const auto world = World::open(with);
    if (!world) return world.error().detail;
    const auto listening = http::Server::listen(with.http, nullptr);
    return listening ? "ok" : listening.error().detail;
  }
  // Every file with its bytes and when it was last written.
  std::map<std::string, std::pair<std::filesystem::file_time_type, std::string>> all() const {
    std::map<std::string, std::pair<std::filesystem::file_time_type, std::string>> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      auto& [written, text] = files[entry.path()];
      written = entry.last_write_time();
      if (entry.is_directory()) continue;
      std::ifstream in(entry.path());
      text.assign(std::istreambuf_iterator<char>(in), {});
    }
    return files;
  }

  const TemporaryFolder temporary_;
  const std::string& folder_ = temporary_.path();
};

TEST_F(Check, says_nothing_of_what_can_be_served_and_writes_nothing) {
  const http::Certificate certificate("id");
  const auto before = all();
  EXPECT_EQ(said({{"http.certificate_file", certificate.tls.certificate_file},
                  {"http.private_key_file", certificate.tls.private_key_file},
                  {"fetch.ca_file", certificate.tls.certificate_file}}),
            "ok");
  EXPECT_EQ(all(), before);
}

TEST_F(Check, refuses_each_file_that_serving_refuses_in_the_same_words) {
  const http::Certificate certificate("id"), other("other");
  const auto none = folder_ + "/none";
  for (const auto& settings :
       {Values{{"passwords.breached_file", none}}, Values{{"seal_key_file", none}}, Values{{"fetch.ca_file", none}},
        Values{{"http.certificate_file", none}, {"http.private_key_file", none}},
        Values{{"http.certificate_file", certificate.tls.certificate_file}, {"http.private_key_file", none}},
        Values{{"http.certificate_file", certificate.tls.certificate_file},
               {"http.private_key_file", other.tls.private_key_file}},
        Values{{"fetch.ca_file", certificate.tls.private_key_file}}}) {
    const auto sentence = served(settings);
    EXPECT_NE(sentence, "ok") << settings.begin()->first;
    EXPECT_EQ(said(settings), sentence) << settings.begin()->first;
  }
}

TEST_F(Check, refuses_a_store_that_serving_refuses_in_the_same_words) {
  const auto change = [&](const std::string& name, const std::function<void(std::fstream&)>& how) {
    const auto data = folder_ + "/" + name;
    std::filesystem::copy(folder_ + "/id", data, std::filesystem::copy_options::recursive);
    std::fstream file(data + "/deputy.db", std::ios::in | std::ios::out | std::ios::binary);
    how(file);
    return Values{{"data", data}};
  };
  // The SQLite file format, §1.3: the user version is at 60, the application id at 68; big-endian.
  const auto newer = change("newer %?#", [](auto& file) { file.seekp(60).write("\0\0\3\xe8", 4); });
  const auto others = change("others", [](auto& file) { file.seekp(68).write("abcd", 4); });
  const auto none = change("none", [](auto& file) { file << "this was a database once"; });
  for (const auto& [settings, about] :
       {std::pair(newer, "schema version 1000"), std::pair(others, "not one of Deputy's"),
        std::pair(none, "not a database: move /"),
        std::pair(none, "/none/deputy.db, deputy.db-wal and deputy.db-shm aside together, and put a backup in their "
                        "place")}) {
    const auto before = all();
    EXPECT_NE(said(settings).find(about), std::string::npos) << said(settings);
    EXPECT_EQ(all(), before);
    EXPECT_EQ(said(settings), served(settings));
  }
}

TEST_F(Check, refuses_a_store_that_is_damaged_behind_its_first_page_in_the_words_of_serving) {
  int refused = 0;
  for (int page = 2; page <= 7; ++page) {
    const auto data = folder_ + "/damaged" + std::to_string(page);
    std::filesystem::copy(folder_ + "/id", data, std::filesystem::copy_options::recursive);
    std::fstream(data + "/deputy.db", std::ios::in | std::ios::out | std::ios::binary)
        .seekp((page - 1) * 4096)
        .write(std::string(4096, '\xee').data(), 4096);
    const Values settings{{"data", data}};
    const auto before = all();
    const auto sentence = said(settings);
    EXPECT_NE(sentence.find("malformed: move " + std::filesystem::canonical(data).string()), std::string::npos)
        << page << ": " << sentence;
    EXPECT_EQ(all(), before);
    // One whose damage lies where nothing is read at the start is served, as far as it goes.
    if (const auto serving = served(settings); serving != "ok") {
      ++refused;
      EXPECT_EQ(sentence, serving) << page;
    }
  }
  EXPECT_GE(refused, 4);
}

// What a process that was killed leaves beside a file into which its log was moved in part, as on a full disk: page 1
// tells of pages that the file has not.
TEST_F(Check, a_log_that_was_moved_in_part_is_no_damage_and_says_what_the_store_holds) {
  const auto id = folder_ + "/id", cut = folder_ + "/cut";
  {
    const auto world = World::open(config({}));
    ASSERT_TRUE(world);
    store::Writes writes;
    for (int i = 0; i < 64; ++i)
      writes.emplace_back(store::Keep{.use = store::Use::idempotency,
                                      .tenant = "default",
                                      .key = std::to_string(i),
                                      .until = SystemClock().now() + Seconds(3600),
                                      .body = std::string(4096, 'x')});
    ASSERT_TRUE((*world)->app().store.commit_now(std::move(writes)));
    std::filesystem::copy(id, cut, std::filesystem::copy_options::recursive);
  }
  std::filesystem::remove(cut + "/deputy.db-shm");
  std::string first(4096, '\0');
  std::ifstream(id + "/deputy.db", std::ios::binary).read(first.data(), 4096);
  std::fstream(cut + "/deputy.db", std::ios::in | std::ios::out | std::ios::binary).write(first.data(), 4096);
  ASSERT_GT(std::filesystem::file_size(id + "/deputy.db"), std::filesystem::file_size(cut + "/deputy.db"));
  ASSERT_GT(std::filesystem::file_size(cut + "/deputy.db-wal"), 0U);
  const auto bytes = [&] {
    std::string both;
    for (const auto* name : {"/deputy.db", "/deputy.db-wal"}) {
      std::ifstream in(cut + name, std::ios::binary);
      both.append(std::istreambuf_iterator<char>(in), {});
    }
    return both;
  };
  const auto before = bytes();
  const Values settings{{"data", cut}};
  EXPECT_EQ(said(settings), "ok");
  EXPECT_EQ(bytes(), before);
  EXPECT_NE(said({{"data", cut}, {"origin", "http://127.0.0.1:9999"}}).find("was made with another origin"),
            std::string::npos);
  EXPECT_EQ(served(settings), "ok");
}

TEST_F(Check, refuses_another_seal_key_than_the_stores_in_the_words_of_serving_and_writes_nothing) {
  const auto other = folder_ + "/other.key";
  SystemRandom random;
  std::ofstream(other) << crypto::SealKey::generate_text(random) << '\n';
  std::filesystem::permissions(other, std::filesystem::perms::owner_read);
  const Values settings{{"seal_key_file", other}};
  const auto before = all();
  EXPECT_NE(said(settings).find("the seal key does not open what is in"), std::string::npos) << said(settings);
  EXPECT_EQ(all(), before);
  EXPECT_EQ(said(settings), served(settings));
  EXPECT_EQ(said({}), "ok");
}

TEST_F(Check, refuses_another_origin_than_the_store_was_made_with_in_the_words_of_serving) {
  for (const auto* origin : {"http://127.0.0.1:9999", "https://id.example"}) {
    const Values moved{{"origin", origin}};
    const auto before = all();
    EXPECT_EQ(said(moved), "the store in " + folder_ + "/id was made with another origin: set origin to "
                           "http://127.0.0.1:8440");
    EXPECT_EQ(all(), before);
    EXPECT_EQ(said(moved), served(moved));
  }
  EXPECT_EQ(served({}), "ok");
}

// Root passes over modes. A thread that gave its privileges away does not.
template <class Call>
void as_nobody_special(Call call) {
  std::thread([&] {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct none[2]{};
    ASSERT_EQ(::syscall(SYS_capset, &header, none), 0);
    call();
  }).join();
}

TEST_F(Check, refuses_what_cannot_be_written_to_in_the_words_of_serving) {
  as_nobody_special([&] {
    const auto data = folder_ + "/id", log = data + "/deputy.db-wal";
    std::ofstream(log).flush();
    for (const auto& [path, mode] : {std::pair(data, 0500), std::pair(data + "/deputy.db", 0400),
                                     std::pair(log, 0400), std::pair(data + "/deputy.lock", 0400)}) {
      ASSERT_EQ(::chmod(path.c_str(), static_cast<mode_t>(mode)), 0);
      const auto before = all();
      EXPECT_EQ(said({}), "cannot write to " + path + ": Permission denied");
      EXPECT_EQ(all(), before);
      EXPECT_EQ(said({}), served({}));
      ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
    }
    std::filesystem::remove(log);
    EXPECT_EQ(said({}), "ok");
  });
}

TEST_F(Check, sends_nobody_to_init_where_a_store_cannot_be_seen) {
  as_nobody_special([&] {
    const auto data = folder_ + "/id";
    ASSERT_EQ(::chmod(data.c_str(), 0000), 0);
    EXPECT_EQ(served({}), "cannot open " + data + "/deputy.db: Permission denied");
    EXPECT_TRUE(said({}).starts_with(served({}) + "\n")) << said({});
    ASSERT_EQ(::chmod(data.c_str(), 0700), 0);
  });
}

TEST_F(Check, refuses_a_seal_key_that_cannot_be_read_in_the_words_of_serving) {
  as_nobody_special([&] {
    const auto key = folder_ + "/id/seal.key";
    ASSERT_EQ(::chmod(key.c_str(), 0000), 0);
    EXPECT_EQ(said({}), "cannot read " + key + ": Permission denied");
    EXPECT_EQ(said({}), served({}));
  });
}

TEST_F(Check, a_disk_without_room_is_one_that_cannot_be_written_to) {
  System full;
  full.statvfs = [](const char*, struct statvfs* facts) {
    facts->f_blocks = 1000;
    return 0;
  };
  const auto checked = check_writable(config({}), full);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().detail, "cannot write to " + folder_ + "/id: No space left on device");
  System unknown;  // a file system that counts nothing
  unknown.statvfs = [](const char*, struct statvfs*) { return 0; };
  EXPECT_TRUE(check_writable(config({}), unknown));
}

TEST_F(Check, a_read_only_file_system_is_said) {
  System read_only;
  read_only.access = [](const char*, int) {
    errno = EROFS;
    return -1;
  };
  const auto checked = check_writable(config({}), read_only);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().detail, "cannot write to " + folder_ + "/id: Read-only file system");
}

TEST_F(Check, a_data_directory_without_a_store_needs_init) {
  for (const auto* directory : {"/none", "/empty"}) {
    const Values settings{{"data", folder_ + directory}};
    std::filesystem::create_directory(folder_ + "/empty");
    EXPECT_NE(said(settings).find("run `deputy init` first"), std::string::npos);
    EXPECT_EQ(said(settings), served(settings));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/none"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ + "/empty"));
}

TEST_F(Check, a_store_that_init_did_not_finish_needs_init) {
  const Values settings{{"data", folder_ + "/begun"}};
  std::filesystem::copy(folder_ + "/id", folder_ + "/begun", std::filesystem::copy_options::recursive);
  std::filesystem::resize_file(folder_ + "/begun/deputy.db", 0);
  const auto before = all();
  EXPECT_EQ(said(settings), "the store is empty: run `deputy init` first");
  EXPECT_EQ(all(), before);
  EXPECT_EQ(said(settings), served(settings));
  EXPECT_EQ(said(settings), served(settings)) << "with its tables, and nothing in them";
}

TEST_F(Check, says_all_that_is_wrong_at_once) {
  const auto none = folder_ + "/none";
  const auto text = said({{"data", none},
                          {"passwords.breached_file", none},
                          {"fetch.ca_file", none},
                          {"http.certificate_file", none},
                          {"http.private_key_file", none}});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
}

TEST_F(Check, a_server_that_runs_is_no_fault) {
  const auto world = World::open(config({}));
  ASSERT_TRUE(world);
  EXPECT_EQ(said({}), "ok");
}

}  // namespace
}  // namespace deputy::server
