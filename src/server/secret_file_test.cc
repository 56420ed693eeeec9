// `init` and `recover` with --secret-file: the secret is in a file of its own, and on no output.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/commands.h"
#include "server/temporary_folder_test.h"

namespace deputy::server {
namespace {

class NewAdministrator : public ::testing::Test {
 protected:
  // The exit status of the command, with the data directory and the file.
  int said(std::vector<std::string> words, const std::string& secret_file) {
    words.push_back("--data=" + data);
    words.emplace_back("--http.port=0");
    words.push_back("--secret-file=" + secret_file);
    std::vector<const char*> line;
    for (const auto& word : words) line.push_back(word.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = run(line);
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return status;
  }
  static std::string text_of(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void expect_kept_in(const std::string& path) const {
    struct stat facts {};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u);
    EXPECT_TRUE(text_of(path).starts_with("dsk_")) << "a secret, and a line's end";
    EXPECT_TRUE(text_of(path).ends_with("\n"));
    EXPECT_TRUE(out.starts_with("client_id: ")) << out;
    EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1) << out;
    EXPECT_EQ((out + err).find("dsk_"), std::string::npos) << out << err;
    EXPECT_NE(err.find("The secret is in " + path), std::string::npos) << err;
  }

  const TemporaryFolder temporary;
  const std::string data = temporary.path() + "/id", file = temporary.path() + "/admin.secret";
  std::string out, err;
};

TEST_F(NewAdministrator, has_the_secret_in_a_file_of_its_own) {
  ASSERT_EQ(said({"init"}, file), 0) << err;
  expect_kept_in(file);
  EXPECT_NE(err.find("deputy: next: deputy serve"), std::string::npos) << err;
  const auto other = temporary.path() + "/recovered.secret";
  ASSERT_EQ(said({"recover"}, other), 0) << err;
  expect_kept_in(other);
  EXPECT_NE(text_of(file), text_of(other));
}

TEST_F(NewAdministrator, has_it_in_the_data_directory_too_if_that_is_where_it_is_to_be) {
  ASSERT_EQ(::mkdir(data.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(data.c_str(), 0755), 0) << "whatever the umask";
  const auto inside = data + "/../id/admin.secret";
  ASSERT_EQ(said({"init"}, inside), 0) << err;
  expect_kept_in(inside);
  struct stat facts {};
  ASSERT_EQ(::stat(data.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
}

TEST_F(NewAdministrator, is_not_made_beside_anothers_file_in_a_directory_that_is_open_to_others) {
  ASSERT_EQ(::mkdir(data.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(data.c_str(), 0755), 0) << "whatever the umask";
  std::ofstream(data + "/notes") << "another's\n";
  EXPECT_EQ(said({"init"}, data + "/admin.secret"), 1);
  EXPECT_EQ(err, "deputy: the directory is open to others: chmod 700 " + data + "\n");
  EXPECT_FALSE(std::filesystem::exists(data + "/admin.secret"));
}

TEST_F(NewAdministrator, is_not_made_where_the_file_cannot_be) {
  std::ofstream(file) << "another's\n";
  EXPECT_EQ(said({"init"}, file), 2);
  EXPECT_EQ(err, "deputy: " + file + " is there already; name another file for the secret\n");
  EXPECT_EQ(text_of(file), "another's\n");
  const auto nowhere = temporary.path() + "/none/admin.secret";
  EXPECT_EQ(said({"init"}, nowhere), 2);
  EXPECT_EQ(err, "deputy: " + temporary.path() + "/none is no folder; make it, or name another file for the secret\n");
  EXPECT_EQ(said({"init"}, ""), 2);
  EXPECT_FALSE(std::filesystem::exists(data)) << "a secret that cannot be kept must not be made";
}

TEST_F(NewAdministrator, that_is_not_made_leaves_no_file) {
  ASSERT_EQ(said({"init"}, file), 0) << err;
  const auto other = temporary.path() + "/other.secret";
  EXPECT_EQ(said({"init"}, other), 1);
  EXPECT_FALSE(std::filesystem::exists(other)) << "init never overwrites, and an empty file opens nothing";
  EXPECT_EQ(said({"recover", "--tenant=nobodys"}, other), 1);
  EXPECT_FALSE(std::filesystem::exists(other));
}

}  // namespace
}  // namespace deputy::server
