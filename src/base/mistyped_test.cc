// Which word a mistyped one was meant to be, and when it is not guessed.
#include "base/mistyped.h"

#include <gtest/gtest.h>

namespace deputy {
namespace {

const std::vector<std::string> words{"list", "get", "agent", "agent-type", "suspend", "resume", "revoke", "rotate"};

TEST(Mistyped, is_told_what_it_is_a_slip_or_two_from) {
  for (const auto& [typed, meant] : {std::pair("lisst", "list"), {"lst", "list"}, {"lost", "list"}, {"lits", "list"},
                                     {"agnet", "agent"}, {"agents", "agent"}, {"agent-typ", "agent-type"},
                                     {"suspned", "suspend"}, {"suspemds", "suspend"}, {"rvoke", "revoke"}})
    EXPECT_EQ(nearest(typed, words), meant) << typed;
}

TEST(Mistyped, is_not_guessed_at_where_nothing_is_near) {
  for (const auto* typed : {"", "l", "gt-it", "ls", "frobnicate", "suspending", "ge t it"})
    EXPECT_EQ(nearest(typed, words), std::nullopt) << typed;
  EXPECT_EQ(nearest("list", {}), std::nullopt);
  const std::string long_word(65, 'a');
  EXPECT_EQ(nearest(long_word, {long_word + "a"}), std::nullopt);
}

TEST(Mistyped, is_the_nearest_and_of_those_the_first) {
  EXPECT_EQ(nearest("rotae", {"rotates", "rotate"}), "rotate");
  EXPECT_EQ(nearest("resoke", {"resume", "revoke"}), "revoke");
  EXPECT_EQ(nearest("bat", {"cat", "hat"}), "cat");
}

TEST(Mistyped, is_named_with_what_was_meant_and_where_all_are_listed) {
  EXPECT_EQ(no_such_command("deputy config", "lisst", {"check", "list"}),
            "`deputy config` has no command lisst; did you mean `deputy config list`? See `deputy config --help`");
  EXPECT_EQ(no_such_command("deputy", "frobnicate", {"agent"}),
            "`deputy` has no command frobnicate; see `deputy --help`");
}

}  // namespace
}  // namespace deputy
