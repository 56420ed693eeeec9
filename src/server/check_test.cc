// Config check says what serving would say, all of it at once, and leaves no trace.
#include "server/check.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "http/certificate_test.h"
#include "server/init.h"
#include "server/temporary_folder_test.h"
#include "server/world.h"

namespace deputy::server {
namespace {

class Check : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(init(config({}))); }

  Config config(Values settings) const {
    settings.try_emplace("data", folder_ + "/id");
    return *build({{{"http.port", "0"}}, std::move(settings)});
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
        std::pair(none, "not a database")}) {
    const auto before = all();
    EXPECT_NE(said(settings).find(about), std::string::npos) << said(settings);
    EXPECT_EQ(all(), before);
    EXPECT_EQ(said(settings), served(settings));
  }
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
    EXPECT_NE(said(moved).find("was made with another origin"), std::string::npos) << said(moved);
    EXPECT_EQ(all(), before);
    EXPECT_EQ(said(moved), served(moved));
  }
  EXPECT_EQ(served({}), "ok");
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

TEST_F(Check, says_all_that_is_wrong_at_once) {
  const auto none = folder_ + "/none";
  const auto text = said({{"data", none},
                          {"passwords.breached_file", none},
                          {"fetch.ca_file", none},
                          {"http.certificate_file", none},
                          {"http.private_key_file", none}});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
}

TEST_F(Check, doubts_an_https_origin_that_only_a_proxy_can_serve_and_no_proxy_that_is_named) {
  const http::Certificate certificate("id");
  const auto doubtful = [&](Values settings) { return !doubts(config(std::move(settings))).empty(); };
  const Values behind{{"origin", "https://id.example"}};
  auto named = behind, itself = behind;
  named.emplace("http.trusted_proxies", "127.0.0.1");
  itself.emplace("http.certificate_file", certificate.tls.certificate_file);
  itself.emplace("http.private_key_file", certificate.tls.private_key_file);
  EXPECT_TRUE(doubtful(behind));
  EXPECT_FALSE(doubtful(named));
  EXPECT_FALSE(doubtful(itself));
  EXPECT_FALSE(doubtful({}));
}

TEST_F(Check, a_server_that_runs_is_no_fault) {
  const auto world = World::open(config({}));
  ASSERT_TRUE(world);
  EXPECT_EQ(said({}), "ok");
}

}  // namespace
}  // namespace deputy::server
