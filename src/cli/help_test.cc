// Help, the command line's grammar, and completion, as people see them. DEPUTY_GOLDEN=update rewrites the golden files.
#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/parse.h"
#include "cli/small_server.h"

namespace deputy::cli::test {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() / "tests/golden/help";

std::vector<std::vector<std::string>> every_line() {
  std::vector<std::vector<std::string>> lines{{}};
  for (const Family& family : families()) lines.push_back({family.word});
  for (const Command& command : commands()) {
    std::vector<std::string> words;
    std::istringstream in(command.words);
    for (std::string word; in >> word;) words.push_back(word);
    if (words.size() > 1) lines.push_back(words);
  }
  return lines;
}

TEST(Help, is_as_it_was_agreed) {
  const char* wish = std::getenv("DEPUTY_GOLDEN");
  const bool update = wish != nullptr && std::string_view(wish) == "update";
  SmallServer server;
  TestWorld world(server);
  std::set<std::string> files;
  for (const auto& line : every_line()) {
    std::vector<const char*> words;
    std::string name;
    for (const auto& word : line) {
      words.push_back(word.c_str());
      name += (name.empty() ? "" : "-") + word;
    }
    words.push_back("--help");
    ASSERT_EQ(world.run(words), 0) << name;
    const auto path = kGolden / ((name.empty() ? "deputy" : name) + ".txt");
    files.insert(path.string());
    if (update) {
      std::filesystem::create_directories(kGolden);
      FILE* file = fopen(path.c_str(), "wb");
      ASSERT_NE(file, nullptr);
      fwrite(world.out.data(), 1, world.out.size(), file);
      fclose(file);
    }
    EXPECT_EQ(world.out, TestWorld::text_of(path)) << path;
  }
  for (const auto& entry : std::filesystem::directory_iterator(kGolden)) {
    if (update && !files.contains(entry.path().string())) std::filesystem::remove(entry.path());
    EXPECT_TRUE(update || files.contains(entry.path().string())) << entry.path() << " is of no command";
  }
}

TEST(Commands, each_belong_to_a_family_and_name_no_flag_twice) {
  for (const Command& command : commands()) {
    const std::string first = command.words.substr(0, command.words.find(' '));
    EXPECT_TRUE(knows(first)) << command.words;
    EXPECT_FALSE(command.example.empty()) << command.words;
    std::set<std::string> names;
    for (const Flag& flag : command.flags) EXPECT_TRUE(names.insert(flag.name).second) << command.words << flag.name;
    for (const Flag& flag : common_flags()) EXPECT_TRUE(names.insert(flag.name).second) << command.words << flag.name;
  }
}

// As a shell parts it; without what stands behind a pipe or goes to a file.
std::vector<std::string> words_of(const std::string& example) {
  std::vector<std::string> words{""};
  bool quoted = false;
  for (const char letter : example) {
    if (!quoted && (letter == '|' || letter == '>')) break;
    if (letter == '"') quoted = !quoted;
    else if (letter == ' ' && !quoted) words.emplace_back();
    else words.back() += letter;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

TEST(Examples, are_lines_with_all_that_is_required) {
  int tried = 0;
  for (const Command& command : commands()) {
    if (!command.example.starts_with("deputy ") || command.example.find('|') != std::string::npos) continue;
    auto words = words_of(command.example);
    words.erase(words.begin());
    const auto parsed = parse(words);
    const auto* chosen = std::get_if<Chosen>(&parsed);
    ASSERT_NE(chosen, nullptr) << command.example;
    EXPECT_EQ(chosen->command->words, command.words);
    for (const Flag& flag : command.flags)
      EXPECT_TRUE(flag.need == Flag::Need::optional || chosen->line.has(flag.name)) << command.words << flag.name;
    ++tried;
  }
  EXPECT_GT(tried, 80);
}

TEST(Examples, of_what_makes_something_make_it) {
  SmallServer server;
  TestWorld world(server);
  std::size_t made = 0;
  for (const auto* noun : {"user", "resource", "agent", "role", "trusted-issuer", "agent-type", "group", "application",
                           "organization"}) {
    const auto command = std::find_if(commands().begin(), commands().end(), [&](const Command& one) {
      return one.words == std::string(noun) + " create";
    });
    ASSERT_NE(command, commands().end()) << noun;
    const auto words = words_of(command->example);
    std::vector<const char*> line;
    for (auto word = words.begin() + 1; word != words.end(); ++word) line.push_back(word->c_str());
    EXPECT_EQ(world.run(line), 0) << command->example << ": " << world.err;
    EXPECT_EQ(world.err.find("note:"), std::string::npos) << world.err;
    EXPECT_GT(server.records.size(), made);
    made = server.records.size();
    if (std::string_view(noun) == "trusted-issuer")  // the server asks for one of the two
      EXPECT_NE(command->example.find(" --jwks"), std::string::npos);
  }
}

TEST(Guide, shows_every_command_by_an_example) {
  const std::string guide = TestWorld::text_of(kGolden.parent_path().parent_path().parent_path() / "docs/guide/cli.md");
  for (const Command& command : commands())
    EXPECT_NE(guide.find("deputy " + command.words), std::string::npos)
        << command.words << " is not in docs/guide/cli.md";
}

TEST(Commands, know_their_first_words_and_not_the_servers) {
  for (const auto* word : {"agent", "apply", "--help", "--version"}) EXPECT_TRUE(knows(word)) << word;
  for (const auto* word : {"serve", "init", "recover", "config", "agents", ""}) EXPECT_FALSE(knows(word)) << word;
}

struct Wrong {
  std::vector<const char*> words;
  std::string says;
};
TEST(Line, that_is_wrong_exits_with_2_and_says_where_help_is) {
  const Wrong lines[] = {
      {{"frobnicate"}, "deputy: `deputy` has no command frobnicate; see `deputy --help`\n"},
      {{"agnet", "list"}, "deputy: `deputy` has no command agnet; did you mean `deputy agent`? See `deputy --help`\n"},
      {{"srve"}, "deputy: `deputy` has no command srve; did you mean `deputy serve`? See `deputy --help`\n"},
      {{"--profile", "acme", "user", "list"},
       "deputy: write --profile behind the command: `deputy user list --profile acme`\n"},
      {{"--yes", "--output=json", "agent", "delete", "bot"},
       "deputy: write --yes behind the command: `deputy agent delete … --yes --output=json`\n"},
      {{"--profile", "acme"}, "deputy: write --profile behind the command: `deputy COMMAND --profile acme`\n"},
      {{"agent", "frobnicate"}, "deputy: `deputy agent` has no command frobnicate; see `deputy agent --help`\n"},
      {{"agent", "lisst", "--output", "json"},
       "deputy: `deputy agent` has no command lisst; did you mean `deputy agent list`? See `deputy agent --help`\n"},
      {{"help", "agent", "gte"},
       "deputy: `deputy agent` has no command gte; did you mean `deputy agent get`? See `deputy agent --help`\n"},
      {{"agent", "l\x1b[2Jist"}, "deputy: `deputy agent` has no command l\\x1b[2Jist; see `deputy agent --help`\n"},
      {{"agent", "get"}, "deputy: AGENT is required; see `deputy agent get --help`\n"},
      {{"agent", "get", "a", "b"},
       "deputy: The following argument was not expected: b; see `deputy agent get --help`\n"},
      {{"agent", "create", "bot"}, "deputy: --owner is required; see `deputy agent create --help`\n"},
      {{"agent", "get", "-dash"},
       "deputy: there is no option -dash; where it is meant as an argument, write -- before it; see `deputy agent get "
       "--help`\n"},
      {{"agent", "get", "bot", "--nosuch=3"},
       "deputy: there is no option --nosuch=3; where it is meant as an argument, write -- before it; see `deputy agent "
       "get --help`\n"},
      {{"user", "list", "--output", "xml"},
       "deputy: --output: xml not in {table,json,yaml}; see `deputy user list --help`\n"},
  };
  SmallServer server;
  TestWorld world(server);
  for (const auto& line : lines) {
    EXPECT_EQ(world.run(line.words), 2);
    EXPECT_EQ(world.err, line.says);
    EXPECT_EQ(world.out, "");
  }
}

// As an unset shell variable is: `deputy key compromised "$KID"`.
TEST(Line, that_names_nothing_asks_nothing_of_the_server) {
  SmallServer server;
  TestWorld world(server);
  std::size_t arguments = 0;
  for (const Command& command : commands())
    for (const Argument& empty : command.arguments) {
      std::vector<std::string> words;
      std::istringstream in(command.words);
      for (std::string word; in >> word;) words.push_back(word);
      for (const Argument& argument : command.arguments) words.emplace_back(&argument == &empty ? "" : "x");
      for (const Flag& flag : command.flags)
        if (flag.need == Flag::Need::required) words.insert(words.end(), {"--" + flag.name, "x"});
      std::vector<const char*> line;
      for (const auto& word : words) line.push_back(word.c_str());
      EXPECT_EQ(world.run(line), 2) << command.words << ' ' << empty.name;
      EXPECT_EQ(world.err, "deputy: " + empty.name + " is empty; see `deputy " + command.words + " --help`\n");
      EXPECT_EQ(world.out, "");
      ++arguments;
    }
  EXPECT_GT(arguments, 60u);
  EXPECT_EQ(world.run({"delegation", "list", "--parent", ""}), 2) << "of all delegations nobody asked";
  EXPECT_EQ(world.err, "deputy: --parent is empty; see `deputy delegation list --help`\n");
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "--secret-file="}), 2);
  EXPECT_EQ(world.run({"user", "list", "--profile", ""}), 2);
  EXPECT_EQ(server.changes, 0);
  EXPECT_EQ(world.run({"group", "create", "g", "--description", ""}), 0) << "text may be empty: " << world.err;
}

// One key in 64 has a kid that begins with '-' (RFC 7638 §3: a thumbprint in base64url).
TEST(Line, takes_a_kid_for_an_argument_whatever_it_begins_with) {
  SmallServer server;
  TestWorld world(server);
  for (const auto* kid : {"-wZtWKR--lN4LLLiaSA-Sgxs2ZtGvhXbVbrDrbU3cD0", "--ZtWKR--lN4LLLiaSA-Sgxs2ZtGvhXbVbrDrbU3cD0",
                          "-hZtWKR--lN4LLLiaSA-Sgxs2ZtGvhXbVbrDrbU3cD0", "k3PnN3Rdc1TyaylAx189iy71fWDmgd6RlXh_Ky6ixBI"})
    for (const std::vector<std::string>& words : {std::vector<std::string>{"key", "compromised", kid, "--preview"},
                                                  {"key", "compromised", "--preview", kid, "--profile", "x"},
                                                  {"key", "compromised", "--preview", "--", kid}}) {
      const auto parsed = parse(words);
      const auto* chosen = std::get_if<Chosen>(&parsed);
      ASSERT_NE(chosen, nullptr) << kid;
      EXPECT_EQ(chosen->line.text("KID"), kid);
      EXPECT_TRUE(chosen->line.has("preview"));
    }
  const auto about = parse({"events", "--target", "-wZtWKR--lN4LLLiaSA-Sgxs2ZtGvhXbVbrDrbU3cD0"});
  ASSERT_TRUE(std::holds_alternative<Chosen>(about));
  EXPECT_EQ(std::get<Chosen>(about).line.text("target"), "-wZtWKR--lN4LLLiaSA-Sgxs2ZtGvhXbVbrDrbU3cD0");
  const auto named = parse({"agent", "update", "--", "-dash"});
  ASSERT_TRUE(std::holds_alternative<Chosen>(named));
  EXPECT_EQ(std::get<Chosen>(named).line.text("AGENT"), "-dash");
}

TEST(Line, takes_a_value_that_looks_like_a_flag_after_an_equals_sign) {
  SmallServer server;
  TestWorld world(server);
  EXPECT_EQ(world.run({"user", "create", "alice", "--name=--yes"}), 0) << world.err;
  EXPECT_NE(world.out.find("--yes"), std::string::npos);
}

TEST(Version, is_one_line) {
  SmallServer server;
  TestWorld world(server);
  EXPECT_EQ(world.run({"--version"}), 0);
  EXPECT_EQ(world.out, "deputy " DEPUTY_VERSION "\n");
}

// Asks bash itself what it would offer behind this line.
std::string offered(const TestWorld& world, const std::string& script, const std::string& line, int word) {
  const std::string path = world.file("complete.sh", script + "\nCOMP_WORDS=(" + line + ")\nCOMP_CWORD=" +
                                                         std::to_string(word) + "\n_deputy\necho ${COMPREPLY[@]}\n");
  std::string text;
  FILE* pipe = popen(("bash " + path + " 2>&1").c_str(), "r");
  for (int letter; (letter = fgetc(pipe)) != EOF;) text += static_cast<char>(letter);
  EXPECT_EQ(pclose(pipe), 0) << text;
  return text;
}

TEST(Completion, offers_in_bash_what_the_table_holds) {
  SmallServer server;
  TestWorld world(server);
  ASSERT_EQ(world.run({"completion", "bash"}), 0);
  const std::string script = world.out;
  EXPECT_EQ(offered(world, script, "deputy ag", 1), "agent agent-type\n");
  EXPECT_EQ(offered(world, script, "deputy agent re", 2), "resume revoke\n");
  EXPECT_EQ(offered(world, script, "deputy agent owners --a", 3), "--at\n");
  EXPECT_EQ(offered(world, script, "deputy assign --oth", 2), "--others\n");
  EXPECT_EQ(offered(world, script, "deputy completion f", 2), "fish\n");
  EXPECT_EQ(world.run({"completion", "tcsh"}), 2);
}

TEST(Completion, offers_behind_an_option_what_its_value_may_be) {
  SmallServer server;
  TestWorld world(server);
  ASSERT_EQ(world.run({"completion", "bash"}), 0);
  const std::string script = world.out;
  EXPECT_EQ(offered(world, script, "deputy user list --output ''", 4), "table json yaml\n");
  EXPECT_EQ(offered(world, script, "deputy user list --output = y", 5), "yaml\n") << "as bash parts --output=y";
  EXPECT_EQ(offered(world, script, "deputy delegation list --origin ''", 4), "consent exchange own\n");
  EXPECT_EQ(offered(world, script, "deputy agent create bot --public f", 5), "false\n");
  EXPECT_EQ(offered(world, script, "deputy agent create bot --owner ''", 5), "\n");
  EXPECT_EQ(offered(world, script, "deputy agent suspend bot --reason c", 5), "\n");
  EXPECT_EQ(offered(world, script, "deputy agent get c", 3), "\n") << "an agent is no file";
  const std::string file = (world.home / "complete").string();
  for (const auto* before : {"deputy apply -f ", "deputy apply --file ", "deputy audit verify "})
    EXPECT_EQ(offered(world, script, before + file, 3), file + ".sh\n") << before;
}

}  // namespace
}  // namespace deputy::cli::test
