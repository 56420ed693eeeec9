// A command line of the server's that is wrong says which word is, and what would be right.
#include "server/commands.h"

#include <gtest/gtest.h>

namespace deputy::server {
namespace {

// The exit status and what is said; nothing is printed.
std::pair<int, std::string> said(const std::vector<const char*>& args) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int status = run(args);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  return {status, testing::internal::GetCapturedStderr()};
}

std::pair<int, std::string> wrong(const std::string& sentence) { return {2, "deputy: " + sentence + "\n"}; }

TEST(CommandLine, names_the_word_that_is_no_command_and_the_nearest_that_is) {
  EXPECT_EQ(said({"config", "lisst"}), wrong("`deputy config` has no command lisst; did you mean `deputy config list`? "
                                             "See `deputy config --help`"));
  EXPECT_EQ(said({"config", "chek", "--data", "id"}), wrong("`deputy config` has no command chek; did you mean `deputy "
                                                            "config check`? See `deputy config --help`"));
  EXPECT_EQ(said({"config", "frobnicate"}),
            wrong("`deputy config` has no command frobnicate; see `deputy config --help`"));
  EXPECT_EQ(said({"config", "li\x1b[2Jst"}),
            wrong("`deputy config` has no command of that name; see `deputy config --help`"));
}

TEST(CommandLine, takes_no_word_behind_a_command_for_another_command) {
  EXPECT_EQ(said({"config"}), wrong("A subcommand is required; see `deputy config --help`"));
  EXPECT_EQ(said({"config", "list", "more"}), wrong("not expected here: more; see `deputy config list --help`"));
  EXPECT_EQ(said({"init", "more"}), wrong("not expected here: more; see `deputy init --help`"));
}

TEST(CommandLine, tells_completion_the_values_of_a_setting_that_has_a_few) {
  const auto next = next_words();
  for (const std::string start : {"serve", "init", "recover", "config check"}) {
    EXPECT_EQ(next.at(start + " --log.level"), (std::vector<std::string>{"debug", "info", "warn", "error"})) << start;
    EXPECT_EQ(next.at(start + " --dpop.nonce_required"), (std::vector<std::string>{"true", "false"})) << start;
    for (const auto* setting : {"data", "http.port", "seal_key_file", "metrics.from", "audit.witnesses"})
      EXPECT_FALSE(next.contains(start + " --" + setting)) << setting;
  }
  EXPECT_EQ(next.at("config"), (std::vector<std::string>{"--help", "check", "list"}));
}

}  // namespace
}  // namespace deputy::server
