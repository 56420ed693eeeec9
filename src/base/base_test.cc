// What base promises: ids that sort, strict decoders, JSON that refuses what two readers could read two ways.
#include <gtest/gtest.h>

#include <set>

#include "base/encoding.h"
#include "base/id.h"
#include "base/json.h"
#include "base/metrics.h"
#include "base/secret.h"

using namespace deputy;

TEST(Id, sorts_by_the_time_it_was_made_even_within_a_millisecond) {
  SystemRandom random;
  const auto now = from_unix_millis(1'800'000'000'000);
  std::string last;
  for (int i = 0; i < 10'000; ++i) {
    auto id = make_id("agt", now - Millis(i % 3), random);  // a clock that steps back
    ASSERT_TRUE(is_id("agt", id)) << id;
    ASSERT_LT(last, id);
    last = std::move(id);
  }
  EXPECT_GE(*id_time(last), now);
}

TEST(Id, refuses_what_make_id_could_not_have_made) {
  EXPECT_FALSE(is_id("agt", "agt_"));
  EXPECT_FALSE(is_id("agt", "usr_01jd0000000000000000000000"));
  EXPECT_FALSE(is_id("agt", "agt_81jd0000000000000000000000"));  // more than 128 bits
  EXPECT_FALSE(is_id("agt", "agt_01jd00000000000000000000o0"));  // 'o' is no letter of the alphabet
  EXPECT_FALSE(id_time("nonsense"));
}

TEST(Id, gives_the_uuid_that_is_in_it) {
  const auto uuid = id_uuid("agt_7zzzzzzzzzzzzzzzzzzzzzzzzz");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(*uuid, (Uuid{~0ull, ~0ull}));
  EXPECT_EQ(*id_uuid("jti_00000000000000000000000001"), (Uuid{0, 1}));
  EXPECT_EQ(*id_uuid("jti_0000000000000g000000000000"), (Uuid{1, 0})) << "the bit where the halves meet";
  EXPECT_EQ(*id_uuid("dlg_01000000000000000000000000"), (Uuid{1ull << 56, 0}));
  for (const auto* text : {"agt_8zzzzzzzzzzzzzzzzzzzzzzzzz", "agt_7zzzzzzzzzzzzzzzzzzzzzzzzu", "agt-7zzzzzzzzzzzzzzzzzzzzzzzzz",
                           "_7zzzzzzzzzzzzzzzzzzzzzzzzz", "agt_7zzzzzzzzzzzzzzzzzzzzzzzz", ""})
    EXPECT_FALSE(id_uuid(text)) << text;
}

TEST(Encoding, a12_base64url_has_one_spelling) {
  EXPECT_EQ(base64url("\xfb\xff"), "-_8");
  EXPECT_EQ(base64url_decode("-_8"), "\xfb\xff");
  for (auto bad : {"-_8=", "-_9", "+/8", "a", "-_8\n", "a b"}) EXPECT_FALSE(base64url_decode(bad)) << bad;
  std::string all;
  for (int i = 0; i < 300; ++i) {
    all.push_back(static_cast<char>(i * 7));
    EXPECT_EQ(base64url_decode(base64url(all)), all);
    EXPECT_EQ(base64_decode(base64(all)), all);
  }
}

TEST(Encoding, form_and_path_decoding_differ_in_the_plus) {
  EXPECT_EQ(form_decode("a+b%2Bc"), "a b+c");
  EXPECT_EQ(percent_decode("a+b%2Bc"), "a+b+c");
  for (auto bad : {"%", "%2", "%zz"}) EXPECT_FALSE(form_decode(bad)) << bad;
}

TEST(Encoding, utf8_is_strict) {
  EXPECT_TRUE(is_utf8("\xe4\xbd\xa0\xf0\x9f\x98\x80"));
  for (auto bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe4\xbd", "\xff", "\x80"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(Json, a12_refuses_duplicates_depth_and_bad_text) {
  EXPECT_TRUE(parse_json(R"({"a":{"b":1},"c":{"b":2}})"));
  EXPECT_FALSE(parse_json(R"({"a":1,"a":2})"));
  EXPECT_FALSE(parse_json(R"({"x":[{"a":1,"\u0061":2}]})"));
  EXPECT_FALSE(parse_json(std::string(17, '[') + std::string(17, ']')));
  EXPECT_TRUE(parse_json(std::string(15, '[') + std::string(15, ']')));
  EXPECT_FALSE(parse_json("{\"a\":\"\xff\"}"));
  EXPECT_FALSE(parse_json(R"({"a":1} x)"));
  EXPECT_FALSE(parse_json(R"({"a":1e999})"));
  EXPECT_FALSE(parse_json(std::string(70'000, ' ')));
  EXPECT_FALSE(parse_json_object("[1]"));
}

TEST(Json, quoted_text_reads_back) {
  const std::string text = "a\"b\\c\n\x01 \xe4\xbd\xa0";
  std::string out;
  append_json_string(out, text);
  EXPECT_EQ(parse_json(out)->as_string(), text);
}

TEST(Secret, compares_and_moves) {
  Secret secret("abc");
  EXPECT_TRUE(secret.same_as("abc"));
  EXPECT_FALSE(secret.same_as("abd"));
  EXPECT_FALSE(secret.same_as(""));
  Secret moved = std::move(secret);
  EXPECT_EQ(moved.reveal(), "abc");
}

TEST(Clock, writes_rfc3339) {
  EXPECT_EQ(rfc3339(from_unix_millis(1'795'500'227'045)), "2026-11-24T06:03:47.045Z");
}

TEST(Metrics, counts_under_one_name) {
  auto refused = metrics::counter("test_refusals_total", "For this test.", {{"why", "x"}});
  refused.add();
  metrics::counter("test_refusals_total", "For this test.", {{"why", "x"}}).add(2);
  EXPECT_NE(metrics::text().find("test_refusals_total{why=\"x\"} 3"), std::string::npos);
}
