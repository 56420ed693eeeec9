// Lists are shown page by page as they arrive, and end at --limit.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "cli/output.h"
#include "cli/test_world.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

using Words = std::vector<const char*>;

constexpr const char* kBot = "agt_00000000000000000000000001";
constexpr const char* kGroup = "grp_00000000000000000000000001";

class ListingTest : public testing::Test {
 protected:
  ListingTest() { server.serve("https://id.test"); }
  static std::string v1(const std::string& path) { return "https://id.test/v1" + path; }
  // So many, numbered from `from` on, and a further page where there is a cursor.
  static std::string page(int from, int count, const std::string& cursor = "") {
    json::array items;
    for (int at = from; at < from + count; ++at)
      items.push_back({{"id", "id" + std::to_string(at)}, {"username", "u" + std::to_string(at)}});
    json::object body{{"items", std::move(items)}};
    if (!cursor.empty()) body["next_cursor"] = cursor;
    return json::serialize(body);
  }
  // What was asked of this list.
  std::vector<std::string> asked(const std::string& path) const {
    std::vector<std::string> urls;
    for (const auto& call : server.calls)
      if (call.url.starts_with(v1(path))) urls.push_back(call.url.substr(v1(path).size()));
    return urls;
  }
  int run(Words words, const Words& more) {
    server.calls.clear();
    words.insert(words.end(), more.begin(), more.end());
    return world.run(words);
  }

  const std::vector<std::pair<Words, std::string>> lists{
      {{"user", "list"}, "/users"},
      {{"tenant", "list"}, "/tenants"},
      {{"assignment", "list"}, "/assignments"},
      {{"delegation", "list"}, "/delegations"},
      {{"group", "members", kGroup}, "/groups/" + std::string(kGroup) + "/members"},
      {{"credential", "list", kBot}, "/agents/" + std::string(kBot) + "/credentials"}};
  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(ListingTest, ends_at_the_limit_and_asks_for_no_more) {
  for (const auto& [words, path] : lists) {
    server.on("GET " + v1(path), 200, page(0, 200, "c"));
    server.on("GET " + v1(path) + "?limit=50&cursor=c", 200, page(200, 50, "d"));
    ASSERT_EQ(run(words, {"--limit", "250", "--output", "json"}), 0) << path << world.err;
    EXPECT_EQ(json::parse(world.out).as_array().size(), 250u) << path;
    EXPECT_EQ(asked(path), (std::vector<std::string>{"?limit=200", "?limit=50&cursor=c"}));
    ASSERT_EQ(run(words, {"--limit", "3", "--output", "json"}), 0) << path << world.err;
    EXPECT_EQ(json::parse(world.out).as_array().size(), 3u) << "of a server that gives more than it was asked for";
    EXPECT_EQ(asked(path), std::vector<std::string>{"?limit=3"});
    ASSERT_EQ(run(words, {"--limit", "0", "--output", "json"}), 0) << path << world.err;
    EXPECT_EQ(world.out, "[]\n");
    EXPECT_EQ(asked(path), std::vector<std::string>{});
    EXPECT_EQ(run(words, {"--limit", "some"}), 2);
    EXPECT_EQ(world.err, "deputy: --limit takes a whole number\n");
    EXPECT_TRUE(server.calls.empty());
  }
}

TEST_F(ListingTest, shows_a_page_before_it_asks_for_the_next) {
  server.on("GET " + v1("/users"), 200, page(1, 2, "c"));
  server.on("GET " + v1("/users?limit=200&cursor=c"), 500, "{}");
  EXPECT_EQ(run({"user", "list"}, {}), 1);
  EXPECT_NE(world.out.find("\nid1  u1\nid2  u2\n"), std::string::npos) << world.out;
  EXPECT_EQ(run({"user", "list"}, {"--output", "yaml"}), 1);
  EXPECT_NE(world.out.find("- id: id2\n"), std::string::npos) << world.out;
  EXPECT_EQ(run({"user", "list"}, {"--output", "json"}), 1);
  EXPECT_NE(world.out.find("\"id2\""), std::string::npos) << world.out;
  boost::system::error_code broken;
  json::parse(world.out, broken);
  EXPECT_TRUE(broken) << "half a list must not be taken for a whole one";
}

TEST_F(ListingTest, asks_for_no_further_page_where_nobody_reads) {
  server.on("GET " + v1("/users"), 200, page(1, 2, "c"));
  world.output_is_full = true;
  EXPECT_EQ(run({"user", "list"}, {}), 1);
  EXPECT_EQ(asked("/users").size(), 1u);
}

TEST(ListWriter, writes_in_pieces_what_it_writes_at_once) {
  json::array all;
  for (int at = 0; at < 5; ++at) all.push_back({{"id", std::to_string(at)}, {"list", {at, json::object{{"a", at}}}}});
  for (const auto format : {Format::table, Format::json, Format::yaml})
    for (const std::size_t cut : {0u, 1u, 3u, 5u}) {
      std::ostringstream whole, pieces;
      show_list(whole, format, all, {"id", "list"});
      ListWriter writer(pieces, format, {"id", "list"});
      json::array first(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(cut));
      json::array rest(all.begin() + static_cast<std::ptrdiff_t>(cut), all.end());
      writer.add(first);
      writer.add(rest);
      writer.end();
      EXPECT_EQ(pieces.str(), whole.str()) << static_cast<int>(format) << ' ' << cut;
      if (format == Format::json) {
        EXPECT_EQ(whole.str(), pretty_json(all) + "\n");
      }
    }
}

TEST(ListWriter, never_makes_a_column_narrower) {
  std::ostringstream out;
  ListWriter writer(out, Format::table, {"id", "name"});
  writer.add(json::array{json::object{{"id", "longer"}, {"name", "a"}}});
  writer.add(json::array{json::object{{"id", "x"}, {"name", "b"}}});
  writer.end();
  EXPECT_EQ(out.str(), "ID      NAME\nlonger  a\nx       b\n");
}

TEST(ListWriter, writes_a_list_of_nothing) {
  for (const auto& [format, text] : {std::pair(Format::table, "ID\n"), std::pair(Format::json, "[]\n")}) {
    std::ostringstream out;
    show_list(out, format, {}, {"id"});
    EXPECT_EQ(out.str(), text);
  }
}

}  // namespace
}  // namespace deputy::cli::test
