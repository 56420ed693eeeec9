// What `init` leaves on the disk: the private half of no key, other than under the seal.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/encoding.h"
#include "server/init.h"
#include "server/seal_key.h"
#include "server/temporary_folder_test.h"
#include "server/world.h"
#include "tokens/key_record.h"

namespace deputy::server {
namespace {

TEST(SealedAtRest, a_data_directory_shows_the_private_half_of_no_key) {
  const TemporaryFolder temporary;
  const auto& folder = temporary.path();
  const auto config = build({{{"data", folder + "/id"}}});
  ASSERT_TRUE(init(*config));
  std::string bytes;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/id")) {
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    bytes += text.str();
  }
  const auto seal = read_seal_key(*config);
  const auto store = store::open_sqlite_store(config->sqlite);
  ASSERT_TRUE(seal && store);
  const auto records = (*store)->list("default", store::Kind::key, {});
  ASSERT_TRUE(records);
  EXPECT_EQ(records->size(), 3u) << "one of each algorithm";
  const auto is_there = [&](std::string_view text) { return bytes.find(text) != std::string::npos; };
  for (const auto& record : *records) {
    EXPECT_TRUE(is_there(record.id)) << "its kid is, for the rest of it is looked for where it lies";
    const auto stored = tokens::read_key(record);
    ASSERT_TRUE(stored);
    const auto key = tokens::open_key("default", *stored, *seal);
    ASSERT_TRUE(key);
    const auto jwk = json::parse(key->to_jwk()).as_object();
    EXPECT_TRUE(jwk.contains("d"));
    for (const auto* member : {"d", "p", "q", "dp", "dq", "qi"}) {
      const auto octets = base64url_decode(json_text(jwk, member).value_or("")).value().substr(0, 24);  // within a page
      if (octets.empty()) continue;
      for (const auto& form : {octets, base64(octets), base64url(octets), hex(octets)})
        EXPECT_FALSE(is_there(form)) << record.id << " " << member;
    }
  }
}

}  // namespace
}  // namespace deputy::server
