// Documents held against the tables they describe: settings, error codes, and the tests that the specification map
// names.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "oauth/error.h"
#include "server/config.h"

using namespace deputy;

namespace {

const std::filesystem::path root = DEPUTY_SOURCE_DIR;

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Every test file of the tree, as one text.
std::string all_tests() {
  std::string text;
  for (const auto* folder : {"src", "tests"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto name = entry.path().filename().string();
      const bool is_test = name.ends_with("_test.cc") || name.ends_with("_test.py") || name.starts_with("test_") ||
                           name.ends_with(".test.mjs");
      if (entry.is_regular_file() && is_test && entry.path().string().find("node_modules") == std::string::npos)
        text += read(entry.path());
    }
  return text;
}

}  // namespace

TEST(Documents, config_md_has_the_table_of_settings) {
  std::string table;
  for (const auto& setting : server::settings()) {
    const auto fallback = setting.fallback.empty() ? "" : "`" + std::string(setting.fallback) + "`";
    table.append("| `").append(setting.name).append("` | ").append(fallback).append(" | ").append(setting.range);
    table.append(setting.live ? " | SIGHUP | " : " | restart | ").append(setting.doc).append(" |\n");
  }
  EXPECT_NE(read(root / "docs/config.md").find("|---|---|---|---|---|\n" + table + "\n"), std::string::npos) << table;
}

TEST(Documents, operations_md_tells_of_every_series) {
  const auto page = read(root / "docs/guide/operations.md");
  const std::regex name(R"re("(deputy_[a-z_]+)",)re");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "src")) {
    const auto file = entry.path().string();
    if (!file.ends_with(".cc") || file.ends_with("_test.cc")) continue;
    const auto code = read(entry.path());
    if (code.find("metrics::") == std::string::npos) continue;
    for (std::sregex_iterator at(code.begin(), code.end(), name), end; at != end; ++at) names.insert((*at)[1].str());
  }
  EXPECT_GT(names.size(), 10u);
  for (const auto& one : names) EXPECT_NE(page.find("| `" + one), std::string::npos) << one;
}

TEST(Documents, errors_md_has_a_section_for_every_code) {
  const auto text = read(root / "docs/errors.md");
  for (const auto& row : oauth::code_table)
    EXPECT_NE(text.find("## " + std::string(row.wire) + "\n"), std::string::npos) << row.wire;
}

TEST(Documents, every_requirement_in_the_spec_map_names_a_test_that_exists) {
  const auto map = read(root / "docs/spec-map.md");
  const auto tests = all_tests();
  const std::regex row(R"(\| ([^|]+) \| ([^|]+) \| `([^`]+)` \|)");
  int rows = 0;
  for (std::sregex_iterator at(map.begin(), map.end(), row), end; at != end; ++at, ++rows)
    EXPECT_NE(tests.find((*at)[3].str()), std::string::npos) << (*at)[1].str() << ": no test " << (*at)[3].str();
  EXPECT_GT(rows, 40);
}

TEST(Documents, every_attack_in_the_security_document_has_a_test) {
  const auto security = read(root / "SECURITY.md");
  const auto tests = all_tests();
  const std::regex row(R"(\| A(\d+) \|)");
  int rows = 0;
  for (std::sregex_iterator at(security.begin(), security.end(), row), end; at != end; ++at, ++rows)
    EXPECT_NE(tests.find("a" + (*at)[1].str() + "_"), std::string::npos) << "A" << (*at)[1].str();
  EXPECT_GT(rows, 10);
}
