// Settings: layers, ranges, contradictions, and init that never overwrites.
#include "server/config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "http/certificate_test.h"
#include "server/commands.h"
#include "server/init.h"
#include "server/world.h"
#include "tokens/log_key.h"

using namespace deputy;
using server::Values;

namespace {

std::string why(const std::vector<Values>& layers) {
  const auto config = server::build(layers);
  return config ? "good" : config.error().detail;
}

class Scratch : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "deputy-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string write(const std::string& text) {
    const auto file = folder / "deputy.yaml";
    std::ofstream(file) << text;
    return file;
  }
  std::filesystem::path folder;
};

using ConfigFile = Scratch;
using Init = Scratch;

}  // namespace

TEST(Config, defaults_are_good_and_within_their_own_ranges) {
  EXPECT_EQ(why({}), "good");
  for (const auto& setting : server::settings()) {
    server::Config config;
    EXPECT_TRUE(setting.set(config, std::string(setting.fallback)) || setting.fallback.empty()) << setting.name;
    EXPECT_FALSE(setting.doc.empty());
    EXPECT_FALSE(setting.range.empty());
  }
}

TEST(Config, a_later_layer_wins) {
  const auto config = server::build({{{"http.port", "1000"}, {"log.level", "warn"}}, {{"http.port", "2000"}}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->http.port, 2000);
  EXPECT_EQ(config->log_level, log::Level::warn);
}

TEST(Config, refuses_the_unknown_and_the_out_of_range_naming_each_and_no_value) {
  const auto text = why({{{"http.prot", "1"}, {"http.port", "zzz70000"}, {"log.level", "loud"}}});
  EXPECT_NE(text.find("http.prot: there is no such setting"), std::string::npos);
  EXPECT_NE(why({{{"http", "3"}}}).find("http: has no value of its own: its settings stand below it, as http.address"),
            std::string::npos);
  EXPECT_NE(text.find("http.port: must be 0 to 65535"), std::string::npos);
  EXPECT_NE(text.find("log.level: must be"), std::string::npos);
  EXPECT_EQ(text.find("zzz"), std::string::npos);
}

TEST(Config, refuses_what_contradicts) {
  EXPECT_NE(why({{{"http.address", "0.0.0.0"}}}).find("http.address is not loopback"), std::string::npos);
  EXPECT_NE(why({{{"http.certificate_file", "x"}}}).find("belong together"), std::string::npos);
  EXPECT_NE(why({{{"origin", "http://id.example"}}}).find("origin must be https"), std::string::npos);
  EXPECT_NE(why({{{"keys.publish_ahead_s", "60"}}}).find("keys.publish_ahead_s is below"), std::string::npos);
  const auto rotating = [](const char* every, const char* retire) {
    return why({{{"keys.rotate_every_s", every}, {"keys.retire_after_s", retire}}});
  };
  EXPECT_NE(rotating("3600", "90000").find("keys.rotate_every_s is too short"), std::string::npos);
  EXPECT_NE(rotating("11249", "90000").find("keys.rotate_every_s is too short"), std::string::npos);
  EXPECT_EQ(rotating("11250", "90000"), "good");
  EXPECT_NE(rotating("86400", "31536000").find("keys.rotate_every_s is too short"), std::string::npos);
  EXPECT_EQ(why({{{"http.address", "0.0.0.0"}, {"http.trusted_proxies", "10.0.0.0/8, ::1"}}}), "good");
  const Values behind_a_proxy{{"origin", "http://id.example"}, {"http.trusted_proxies", "10.0.0.1"}};
  EXPECT_NE(why({behind_a_proxy}).find("origin must be https"), std::string::npos) << "the proxy's address is https";
}

TEST(Config, refuses_addresses_and_blocks_that_are_none) {
  for (const std::string name : {"http.trusted_proxies", "metrics.from"}) {
    for (const auto* bad : {"nginx", "10.0.0.0/33", "10.0.0/8", "::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "::1/129",
                            "10.0.0.1, nginx", "10.0.0.1:80"})
      EXPECT_NE(why({{{name, bad}}}).find(name + ": must be addresses and CIDR blocks"), std::string::npos) << bad;
    for (const auto* good : {"", "10.0.0.1", "10.0.0.0/8,::1", "2001:db8::/32, 192.0.2.1", "::/0,0.0.0.0/0"})
      EXPECT_EQ(why({{{name, good}}}), "good") << good;
  }
}

TEST(Config, what_a_reload_cannot_take_up_is_named) {
  const auto config = [](Values values) {
    return *server::build({{{"origin", "https://id.example"}}, std::move(values)});
  };
  const auto in_force = config({{"http.port", "1000"}, {"log.level", "warn"}});
  EXPECT_TRUE(server::need_restart(in_force, config({{"http.port", "1000"}, {"log.level", "info"}})).empty());
  EXPECT_EQ(server::need_restart(in_force, config({{"http.body_bytes_max", "70000"}})),
            (std::vector<std::string>{"http.port", "http.body_bytes_max"}));
  const auto with_tls = [&](std::string certificate) {
    return config({{"http.certificate_file", std::move(certificate)}, {"http.private_key_file", "key"}});
  };
  const std::vector<std::string> tls{"http.certificate_file", "http.private_key_file"};
  EXPECT_TRUE(server::need_restart(with_tls("one"), with_tls("two")).empty());
  EXPECT_EQ(server::need_restart(config({}), with_tls("one")), tls);
  EXPECT_EQ(server::need_restart(with_tls("one"), config({})), tls);
}

TEST_F(ConfigFile, yaml_is_flattened_and_lists_are_joined) {
  const auto values = server::read_file(write("http:\n  port: 9\n  trusted_proxies: [10.0.0.1, 10.0.0.2]\n"));
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, (Values{{"http.port", "9"}, {"http.trusted_proxies", "10.0.0.1,10.0.0.2"}}));
}

TEST_F(ConfigFile, what_is_no_mapping_is_refused_with_its_line) {
  EXPECT_FALSE(server::read_file(write("- a\n- b\n")));
  EXPECT_FALSE(server::read_file(folder / "absent.yaml"));
  const auto broken = server::read_file(write("http:\n  port: [1\n"));
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().detail.find("line"), std::string::npos);
}

TEST_F(ConfigFile, what_cannot_be_read_at_all_is_refused_and_nothing_is_thrown) {
  const auto said = [](const std::string& file) {
    const auto read = server::read_file(file);
    return read ? "good" : read.error().detail;
  };
  EXPECT_NE(said(folder).find("cannot be read"), std::string::npos) << "a directory";
  EXPECT_NE(said("/dev/zero").find("larger than 1 MiB"), std::string::npos);
  EXPECT_NE(said(write("a: &a\n  b: *a\n")).find("nested too deeply"), std::string::npos) << "an alias of itself";
  std::string tenfold = "a0: &a0 {b: 1}\n";
  for (int i = 1; i < 8; ++i) {
    const auto before = "*a" + std::to_string(i - 1), name = "a" + std::to_string(i);
    tenfold += name + ": &" + name + " {";
    for (int k = 0; k < 10; ++k) tenfold += (k > 0 ? ", k" : "k") + std::to_string(k) + ": " + before;
    tenfold += "}\n";
  }
  EXPECT_NE(said(write(tenfold)).find("too many settings"), std::string::npos);
  EXPECT_NE(said(write("? [a]\n: 1\n")).find("line 1: a key must be text"), std::string::npos);
  EXPECT_NE(said(write("http:\n  trusted_proxies: [[1]]\n")).find("line 2: "), std::string::npos);
}

TEST_F(ConfigFile, what_would_be_passed_over_is_refused_with_its_line) {
  const auto said = [this](const std::string& text) {
    const auto read = server::read_file(write(text));
    return read ? "good" : read.error().detail;
  };
  const std::string http = "http: {port: 1}\n";
  EXPECT_EQ(said("---\n" + http + "...\n"), "good");
  EXPECT_NE(said(http + "---\nlog: {level: warn}\n").find("line 3: a second document"), std::string::npos);
  EXPECT_NE(said(http + "log: {level: warn}\n" + http).find("line 3: this key stands twice"), std::string::npos);
  EXPECT_NE(said("http:\n  port: 1\n  port: 2\n").find("line 3: this key stands twice"), std::string::npos);
  EXPECT_NE(said(http + "http.port: 2\n").find("line 2: http.port is set twice"), std::string::npos);
}

TEST_F(ConfigFile, a_setting_of_one_value_takes_no_list_and_no_mapping) {
  for (const auto* text : {"http:\n  port: [1]\n", "log:\n  level: {}\n", "log:\n  level: {a: b}\n",
                           "data:\n  [a, b]\n"}) {
    const auto read = server::read_file(write(text));
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().detail.find(" takes one plain value"), std::string::npos) << read.error().detail;
  }
  EXPECT_TRUE(server::read_file(write("http: {}\nmetrics:\n  from: [\"::1\"]\naudit:\n  witnesses: []\n")));
}

TEST_F(ConfigFile, settings_are_held_against_each_other_when_all_of_them_are_known) {
  write("origin: https://id.example\nhttp: {trusted_proxies: [10.0.0.0/8]}\nkeys: {publish_ahead_s: 7200}\n");
  const auto config = server::Sources("", {{"data", folder}, {"http.address", "0.0.0.0"},
                                           {"keys.jwks_max_age_s", "7200"}}).read();
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->endpoints.origin, "https://id.example");
  const auto wrong = server::Sources("", {{"data", folder}, {"keys.jwks_max_age_s", "7201"}}).read();
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().detail.find("keys.publish_ahead_s is below"), std::string::npos);
  EXPECT_FALSE(server::Sources("", {{"data", folder}, {"http.prot", "1"}}).read());
}

TEST_F(ConfigFile, one_that_was_read_is_not_missed_in_silence) {
  const Values here{{"data", folder}};
  server::Sources from_the_start("", here), none_at_the_start("", here);
  EXPECT_TRUE(none_at_the_start.read()) << "there need not be one";
  const auto file = write("log: {level: warn}\n");
  EXPECT_TRUE(from_the_start.read());
  std::filesystem::remove(file);
  const auto gone = from_the_start.read();
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().detail.find("put it back"), std::string::npos);
  EXPECT_TRUE(none_at_the_start.read());
  write("log: {level: warn}\n");
  EXPECT_EQ(none_at_the_start.read()->log_level, log::Level::warn);
  EXPECT_TRUE(from_the_start.read());
}

TEST_F(ConfigFile, one_that_had_settings_is_not_empty_in_silence) {
  write("log: {level: warn}\n");
  server::Sources named(folder / "deputy.yaml", {}), found("", {{"data", folder}});
  for (auto* sources : {&named, &found}) EXPECT_TRUE(sources->read());
  for (const auto* nothing : {"", "# log: {level: warn}\n", "---\n", "{}\n"}) {
    write(nothing);
    for (auto* sources : {&named, &found}) {
      const auto empty = sources->read();
      ASSERT_FALSE(empty) << nothing;
      EXPECT_NE(empty.error().detail.find("had settings before, and has none now"), std::string::npos);
    }
    EXPECT_TRUE(server::Sources("", {{"data", folder}}).read()) << "a server that starts with it has lost nothing";
  }
  write("log: {level: error}\n");
  for (auto* sources : {&named, &found}) EXPECT_TRUE(sources->read());
}

TEST_F(ConfigFile, one_that_cannot_be_reached_is_not_none) {
  const auto file = folder / "deputy.yaml";
  std::filesystem::create_symlink("deputy.yaml", file);  // to itself: there is something, and nobody can read it
  const auto read = server::Sources("", {{"data", folder}}).read();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().detail, "the file cannot be read: " + file.string() + ": Too many levels of symbolic links");
}

TEST_F(Init, makes_a_private_directory_once_and_never_overwrites) {
  const auto data = (folder / "id").string();
  const auto config = server::build({{{"data", data}}});
  ASSERT_TRUE(config);
  const auto made = server::init(*config);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_TRUE(made->secret.starts_with("dsk_"));
  struct stat facts {};
  ASSERT_EQ(::stat(data.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  for (const auto* file : {"/seal.key", "/deputy.db", "/deputy.yaml"}) {
    ASSERT_EQ(::stat((data + file).c_str(), &facts), 0) << file;
    EXPECT_EQ(facts.st_mode & 077, 0u) << file;
  }
  const auto again = server::init(*config);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Fault::Kind::conflict);
  const auto world = server::World::open(*config);
  ASSERT_TRUE(world);
  EXPECT_TRUE((*world)->app().ready());
  (*world)->drain();
  EXPECT_FALSE((*world)->app().ready()) << "a balancer sends its requests elsewhere";
}

// deputy.yaml's settings after an init with these.
Values kept(const std::filesystem::path& folder, Values settings) {
  const auto data = (folder / "id").string();
  settings.insert_or_assign("data", data);
  const auto made = server::init(*server::build({std::move(settings)}));
  EXPECT_TRUE(made && made->settings_file == server::SettingsFile::made);
  return *server::read_file(data + "/deputy.yaml");
}

TEST_F(Init, writes_down_all_that_it_was_told) {
  const http::Certificate certificate("id");
  std::filesystem::copy(certificate.tls.certificate_file, folder / "a: b #c \"d\".pem");
  const Values told{{"origin", "https://id.example"},  {"http.address", "0.0.0.0"},
                    {"http.port", "9000"},             {"http.trusted_proxies", "10.0.0.0/8, ::1"},
                    {"dpop.nonce_required", "true"},   {"metrics.from", "::1"},
                    {"passwords.memory_mib", "32"},    {"fetch.ca_file", folder / "a: b #c \"d\".pem"},
                    {"seal_key_file", folder / "key"}, {"log.level", "warn"}};
  EXPECT_EQ(kept(folder, told), told);
}

TEST_F(Init, writes_down_the_origin_and_nothing_else_that_is_as_it_is_by_itself) {
  EXPECT_EQ(kept(folder, {{"http.port", "8440"}}), (Values{{"origin", "http://127.0.0.1:8440"}}));
}

TEST_F(Init, writes_down_the_origin_at_which_its_port_is_found) {
  EXPECT_EQ(kept(folder, {{"http.port", "9000"}}),
            (Values{{"origin", "http://127.0.0.1:9000"}, {"http.port", "9000"}}));
}

TEST_F(Init, writes_down_where_a_file_is_whatever_directory_one_serves_from) {
  const auto key = std::filesystem::relative(folder / "own.key").string();
  ASSERT_FALSE(key.starts_with('/'));
  const auto written = kept(folder, {{"seal_key_file", key}});
  EXPECT_TRUE(written.at("seal_key_file").starts_with('/'));
  EXPECT_TRUE(std::filesystem::equivalent(written.at("seal_key_file"), folder / "own.key"));
  for (const auto& setting : server::settings())
    EXPECT_EQ(setting.range.starts_with("a path"), setting.name.ends_with("_file") || setting.name == "data")
        << setting.name;
}

TEST_F(Init, closes_a_directory_to_others_in_which_nothing_but_settings_are) {
  const auto data = folder / "id";
  ASSERT_EQ(::mkdir(data.c_str(), 0700), 0);
  std::ofstream(data / "deputy.yaml") << "log:\n  level: warn\n";
  ASSERT_EQ(::chmod(data.c_str(), 0755), 0);
  EXPECT_TRUE(server::init(*server::build({{{"data", data}}})));
  struct stat facts {};
  ASSERT_EQ(::stat(data.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
}

TEST_F(Init, refuses_a_directory_in_use_that_is_open_to_others_and_leaves_it_as_it_is) {
  const auto data = folder / "id";
  ASSERT_EQ(::mkdir(data.c_str(), 0700), 0);
  std::ofstream(data / "notes") << "somebody's\n";
  for (const mode_t mode : {0755u, 0750u, 0701u}) {
    ASSERT_EQ(::chmod(data.c_str(), mode), 0);
    const auto made = server::init(*server::build({{{"data", data}}}));
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().detail.find("chmod 700 " + data.string()), std::string::npos) << made.error().detail;
    struct stat facts {};
    ASSERT_EQ(::stat(data.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, mode);
    EXPECT_FALSE(std::filesystem::exists(data / "deputy.yaml"));
  }
  ASSERT_EQ(::chmod(data.c_str(), 0700), 0);
  EXPECT_TRUE(server::init(*server::build({{{"data", data}}})));
}

TEST_F(Init, leaves_a_settings_file_that_was_there_as_it_is) {
  ASSERT_EQ(::mkdir((folder / "id").c_str(), 0700), 0);
  std::ofstream(folder / "id/deputy.yaml") << "log:\n  level: warn\n";
  const auto made = server::init(*server::build({{{"data", folder / "id"}, {"http.port", "9000"}}}));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->settings_file, server::SettingsFile::kept);
  EXPECT_EQ(*server::read_file(folder / "id/deputy.yaml"), (Values{{"log.level", "warn"}}));
}

TEST_F(Init, makes_no_tenant_whose_first_secret_would_be_lost) {
  const auto data = folder / "id";
  ASSERT_EQ(::mkdir(data.c_str(), 0700), 0);
  const auto config = server::build({{{"data", data}}});
  SystemRandom random;
  const auto other = crypto::SealKey::from_text(crypto::SealKey::generate_text(random));
  {
    const auto store = store::open_sqlite_store(config->sqlite);
    ASSERT_TRUE(store && tokens::log_keys(**store, *other, SystemClock().now(), random));
  }
  std::ofstream(data / "seal.key") << crypto::SealKey::generate_text(random) << '\n';
  ASSERT_EQ(::chmod((data / "seal.key").c_str(), 0600), 0);
  ASSERT_FALSE(server::init(*config)) << "the log's key is sealed by another";
  const auto store = store::open_sqlite_store(config->sqlite);
  ASSERT_TRUE(store);
  const auto tenant = (*store)->get("default", store::Kind::tenant, "default");
  EXPECT_TRUE(tenant && !*tenant);
}

TEST_F(Init, says_so_where_the_first_secret_could_not_be_written) {
  std::ofstream full("/dev/full");
  auto* const before = std::cout.rdbuf(full.rdbuf());
  testing::internal::CaptureStderr();
  const auto option = "--data=" + (folder / "id").string();
  const std::vector<const char*> words{"init", option.c_str()};
  const int status = server::run(words);
  std::cout.rdbuf(before);
  std::cout.clear();
  const auto said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(status, 1);
  EXPECT_NE(said.find("deputy.db* and run `deputy init` again"), std::string::npos) << said;
  std::filesystem::remove(folder / "id/deputy.db");
  EXPECT_TRUE(server::init(*server::build({{{"data", folder / "id"}}}))) << "as it says";
}

TEST_F(Init, serving_without_it_is_refused) {
  const auto config = server::build({{{"data", (folder / "none").string()}}});
  const auto world = server::World::open(*config);
  ASSERT_FALSE(world);
  EXPECT_EQ(world.error().kind, Fault::Kind::not_found);
}

TEST_F(Init, a_seal_key_that_others_can_read_is_refused) {
  const auto data = (folder / "id").string();
  const auto config = server::build({{{"data", data}}});
  ASSERT_TRUE(server::init(*config));
  ASSERT_EQ(::chmod((data + "/seal.key").c_str(), 0644), 0);
  EXPECT_FALSE(server::World::open(*config));
}

TEST_F(Init, another_seal_key_opens_nothing) {
  const auto data = (folder / "id").string();
  const auto config = server::build({{{"data", data}}});
  ASSERT_TRUE(server::init(*config));
  SystemRandom random;
  std::ofstream(data + "/seal.key") << crypto::SealKey::generate_text(random) << "\n";
  EXPECT_FALSE(server::World::open(*config));
}
