// Several sources as one: in order, each once, and how much of them is read.
#include "endpoints/admin/frame/merge.h"

#include <gtest/gtest.h>

#include <map>

using namespace deputy;
using namespace deputy::endpoints::admin;

namespace {

// Sources by the value of their index, each a sorted list of ids.
struct Sources {
  std::map<std::string, std::vector<std::string>> ids;
  std::size_t read = 0;

  Merge merged(std::size_t ahead, std::size_t read_max, std::string after = "") {
    std::vector<Merge::Where> wheres;
    for (const auto& [name, list] : ids) wheres.emplace_back(store::Index{"in", name, false});
    return {std::move(wheres), std::move(after), ahead, read_max,
            [this](const store::Page& page) { return list(page); }};
  }
  Result<std::vector<store::Record>, Fault> list(const store::Page& page) {
    std::vector<store::Record> found;
    for (const auto& id : ids.at(page.where->value))
      if (id > page.after && found.size() < page.limit) found.push_back({.tenant = "default", .id = id});
    read += found.size();
    return found;
  }
};

std::vector<std::string> all_of(Merge& merge) {
  std::vector<std::string> ids;
  for (;;) {
    const auto next = merge.next();
    EXPECT_TRUE(next);
    if (!next || !*next) return ids;
    ids.push_back((*next)->id);
  }
}

using Ids = std::vector<std::string>;

}  // namespace

TEST(Merge, gives_what_all_have_in_order_and_each_once) {
  Sources sources{{{"a", {"1", "4", "5", "6"}}, {"b", {"2", "4", "7"}}, {"c", {}}, {"d", {"3"}}}};
  for (const std::size_t ahead : {1, 2, 3, 10}) {
    auto merge = sources.merged(ahead, 1000);
    EXPECT_EQ(all_of(merge), (Ids{"1", "2", "3", "4", "5", "6", "7"})) << ahead;
    EXPECT_FALSE(merge.spent());
  }
  auto later = sources.merged(2, 1000, "4");
  EXPECT_EQ(all_of(later), (Ids{"5", "6", "7"}));
  auto none = Sources{}.merged(2, 1000);
  EXPECT_TRUE(all_of(none).empty());
}

TEST(Merge, stops_where_it_has_read_enough_and_goes_on_from_there) {
  Sources sources;
  Ids every;
  for (int i = 100; i < 400; ++i) {
    every.push_back(std::to_string(i));
    for (const auto* name : {"a", "b", "c"})
      if (i % 3 == name[0] - 'a') sources.ids[name].push_back(every.back());
  }
  Ids found;
  std::size_t pages = 0;
  for (std::string after;; ++pages) {
    sources.read = 0;
    auto merge = sources.merged(5, 30, after);
    const auto page = all_of(merge);
    found.insert(found.end(), page.begin(), page.end());
    EXPECT_LE(sources.read, 30u + 5u);
    if (!merge.spent()) break;
    ASSERT_FALSE(page.empty()) << "each step goes on";
    after = page.back();
  }
  EXPECT_EQ(found, every);
  EXPECT_GT(pages, 1u);
}

TEST(Merge, a42_reads_little_of_each_where_there_are_many) {
  Sources sources;
  for (int i = 1000; i < 2000; ++i)
    for (int j = 0; j < 50; ++j) sources.ids[std::to_string(i)].push_back(std::to_string(j * 1000 + i + 100'000));
  auto merge = sources.merged(51, 4000);
  for (int i = 0; i < 51; ++i) ASSERT_TRUE(*merge.next());
  EXPECT_LE(sources.read, 4051u);
}
