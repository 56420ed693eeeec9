// Documents held against the tables they describe: settings, error codes, and the tests that the maps of specifications
// and of conformance modules name.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "endpoints/admin/frame/problem.h"
#include "oauth/error.h"
#include "server/config.h"
#include "tests/kit/world.h"

using namespace deputy;

namespace {

const std::filesystem::path root = DEPUTY_SOURCE_DIR;

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// How a test begins, and its name, in the files that end so: what else a file says is no test.
struct TestsOf {
  std::string ending;
  std::regex begins, named;
};
const std::array<TestsOf, 3> frameworks{{{"_test.cc", std::regex(R"((TEST|RC_GTEST))"),
                                          std::regex(R"((?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\(\w+, (\w+))")},
                                         {"_test.py", std::regex(R"(def (test|a\d))"), std::regex(R"(def ((?:test|a\d+)_\w+)\()")},
                                         {".test.mjs", std::regex(R"(test\()"), std::regex(R"(test\("([^"]+)\")")}}};

// The names of all tests of the tree.
std::set<std::string> test_names() {
  constexpr auto at_its_start = std::regex_constants::match_continuous;
  std::set<std::string> names;
  for (const auto* folder : {"src", "tests"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto file = entry.path().string();
      const auto of = std::find_if(frameworks.begin(), frameworks.end(),
                                   [&](const auto& one) { return file.ends_with(one.ending); });
      if (of == frameworks.end() || file.find("node_modules") != std::string::npos) continue;
      std::istringstream text(read(file));
      for (std::string line; std::getline(text, line);) {
        if (!std::regex_search(line, of->begins, at_its_start)) continue;
        std::smatch match;
        const bool named = std::regex_search(line, match, of->named, at_its_start);
        EXPECT_TRUE(named) << file << ": a test whose name is not on its first line: " << line;
        if (named) names.insert(match[1].str());
      }
    }
  return names;
}

// "14" of `a14_` in the names of these tests: whose number stands first, or after a word's end.
std::set<std::string> numbers_in(const std::set<std::string>& names, const std::string& letter) {
  const std::regex number("(?:^|_)" + letter + R"((\d+)(?=_))");
  std::set<std::string> found;
  for (const auto& name : names)
    for (std::sregex_iterator at(name.begin(), name.end(), number), end; at != end; ++at) found.insert((*at)[1].str());
  return found;
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

namespace {

// The sections of one part of docs/errors.md, by their headings.
std::map<std::string, std::string> sections_of(const std::string& part) {
  const auto text = read(root / "docs/errors.md") + "\n# ";
  const auto from = text.find("# " + part + "\n");
  EXPECT_NE(from, std::string::npos) << part;
  const auto within = text.substr(from, text.find("\n# ", from) - from) + "\n## ";
  std::map<std::string, std::string> sections;
  auto at = within.find("\n## ");
  for (auto next = at; (next = within.find("\n## ", at + 1)) != std::string::npos; at = next) {
    const auto line = within.find('\n', at + 1);
    const auto made = sections.emplace(within.substr(at + 4, line - at - 4), within.substr(line, next - line)).second;
    EXPECT_TRUE(made) << "twice: " << within.substr(at, line - at);
  }
  return sections;
}

}  // namespace

TEST(Documents, errors_md_says_of_every_code_its_status_and_where_it_is_from) {
  auto sections = sections_of("Errors of the OAuth endpoints");
  for (const auto& row : oauth::code_table) {
    const auto text = sections[std::string(row.wire)];
    const auto said = row.status == 0 ? "At the redirect URI, with no status of its own. "
                                      : "Status " + std::to_string(row.status);
    EXPECT_TRUE(text.starts_with("\n\n" + said)) << row.wire << text;
    EXPECT_NE(text.find(row.source), std::string::npos) << row.wire;
    sections.erase(std::string(row.wire));
  }
  for (const auto& [code, text] : sections) ADD_FAILURE() << "no error of ours: " << code;
}

// Made on a person's way through the authorization endpoint alone, and so sent to where the client is.
TEST(Documents, a_code_has_no_status_where_nothing_answers_with_it_directly) {
  const auto is_on_the_way = [](const std::string& file) {
    return file.starts_with("src/flows/") || file.starts_with("src/endpoints/people/") ||
           file == "src/endpoints/authorize/authorize.cc";
  };
  std::map<std::string, bool> directly;  // by the code: is it made elsewhere, too?
  const std::regex named(R"(\bCode::(\w+))");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "src")) {
    const auto file = std::filesystem::relative(entry.path(), root).string();
    const bool is_code = file.ends_with(".cc") || file.ends_with(".h");
    if (!is_code || file.ends_with("_test.cc") || file == "src/oauth/error.h") continue;
    const auto text = read(entry.path());
    for (std::sregex_iterator found(text.begin(), text.end(), named), end; found != end; ++found)
      directly[(*found)[1].str()] |= !is_on_the_way(file);
  }
  for (const auto& row : oauth::code_table) {
    const auto made = directly.find(std::string(row.wire));
    if (made == directly.end()) {
      EXPECT_EQ(row.code, oauth::Code::server_error) << row.wire << " is made of a fault alone, or nowhere";
      continue;
    }
    EXPECT_EQ(row.status != 0, made->second) << row.wire;
  }
}

TEST(Documents, errors_md_says_of_every_problem_its_status_and_title) {
  auto sections = sections_of("Errors of /v1");
  for (const auto& row : endpoints::admin::problem_table) {
    const auto text = sections[std::string(row.code)];
    EXPECT_TRUE(text.starts_with("\n\nStatus " + std::to_string(row.status) + ". " + std::string(row.title) + ".\n"))
        << row.code << text;
    sections.erase(std::string(row.code));
  }
  for (const auto& [code, text] : sections) ADD_FAILURE() << "no problem of ours: " << code;
}

// RFC 6749 §5.2: "a human-readable web page with information about the error".
TEST(Documents, every_error_leads_to_its_section_of_a_page_of_this_server) {
  test::World world;
  const auto answer = world.ask("GET", "/errors");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/html; charset=utf-8");
  const auto page = answer.body;
  const auto leads_to = [&](const std::string& uri, std::string_view code) {
    EXPECT_EQ(uri, world.issuer + "/errors#" + std::string(code));
    const auto id = "id=\"" + std::string(code) + "\"";
    const auto found = page.find(id);
    EXPECT_NE(found, std::string::npos) << code;
    if (found != std::string::npos) EXPECT_EQ(page.find(id, found + 1), std::string::npos) << "twice: " << code;
  };
  for (const auto& row : oauth::code_table) {
    if (row.status == 0) {
      leads_to(endpoints::error_uri(world.app(), row.wire), row.wire);
      continue;
    }
    const auto error = test::body_of(endpoints::oauth_error(world.app(), oauth::Error(row.code, "")));
    leads_to(test::text_at(error, "error_uri"), row.wire);
  }
  const http::Request request{.method = "GET", .path = "/v1/agents"};
  const endpoints::admin::Case of({request, "default", world.issuer, {}, world.clock.now()}, world.app(),
                                      "agent.list");
  for (const auto& row : endpoints::admin::problem_table) {
    const auto problem = test::body_of(endpoints::admin::problem_response(of, {row.type, "detail"}));
    leads_to(test::text_at(problem, "type"), row.code);
    EXPECT_NE(page.find(std::regex_replace(std::string(row.title), std::regex("'"), "&#39;")), std::string::npos)
        << row.code;
  }
  EXPECT_EQ(page.find('`'), std::string::npos);
}

TEST(Documents, every_requirement_in_the_spec_map_names_a_test_that_exists) {
  std::istringstream map(read(root / "docs/spec-map.md"));
  const auto tests = test_names();
  const std::regex row(R"(\| ([^|]+) \| ([^|]+) \| `([^`]+)` \|)");
  int rows = 0;
  for (std::string line; std::getline(map, line);) {
    if (!line.starts_with("| ") || line == "| section | requirement | test |") continue;
    std::smatch match;
    ASSERT_TRUE(std::regex_match(line, match, row)) << line;
    EXPECT_TRUE(tests.contains(match[3].str())) << match[1].str() << ": no test " << match[3].str();
    ++rows;
  }
  EXPECT_GT(rows, 200);
}

// | `module` | outcome | what this server does | `test`, `test` |
TEST(Documents, every_conformance_module_names_a_test_that_exists) {
  std::istringstream map(read(root / "docs/certification.md"));
  const auto tests = test_names();
  const std::regex row(R"(\| `([\w-]+)` \| (?:passes|warns|skipped|fails) \| [^|]+ \| (`\w+`(?:, `\w+`)*) \|)");
  const std::regex name(R"(`(\w+)`)");
  std::set<std::string> modules;
  for (std::string line; std::getline(map, line);) {
    if (!line.starts_with("| `")) continue;
    std::smatch match;
    ASSERT_TRUE(std::regex_match(line, match, row)) << line;
    const auto module = match[1].str(), named = match[2].str();
    EXPECT_TRUE(modules.insert(module).second) << "twice: " << module;
    for (std::sregex_iterator at(named.begin(), named.end(), name), end; at != end; ++at)
      EXPECT_TRUE(tests.contains((*at)[1].str())) << module << ": no test " << (*at)[1].str();
  }
  EXPECT_GT(modules.size(), 90u);
}

TEST(Documents, every_attack_in_the_security_document_has_a_test_and_the_other_way_around) {
  const auto security = read(root / "SECURITY.md");
  const std::regex row(R"(\n\| A(\d+) \|)");
  std::set<std::string> rows;
  for (std::sregex_iterator at(security.begin(), security.end(), row), end; at != end; ++at)
    rows.insert((*at)[1].str());
  EXPECT_EQ(rows, numbers_in(test_names(), "a"));
  EXPECT_GT(rows.size(), 30u);
}

TEST(Documents, every_invariant_of_the_delegation_model_has_a_test_of_its_name) {
  EXPECT_EQ(numbers_in(test_names(), "i"), (std::set<std::string>{"1", "2", "3", "4", "5", "6"}));
}
