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
    if (!last.empty()) ASSERT_LT(id_uuid(last)->order(), id_uuid(id)->order());
    last = std::move(id);
  }
  EXPECT_GE(id_uuid(last)->order() >> 12, static_cast<std::uint64_t>(unix_millis(now)));
}

TEST(Id, refuses_what_make_id_could_not_have_made) {
  EXPECT_FALSE(is_id("agt", "agt_"));
  EXPECT_FALSE(is_id("agt", "usr_01jd0000000000000000000000"));
  EXPECT_FALSE(is_id("agt", "agt_81jd0000000000000000000000"));  // more than 128 bits
  EXPECT_FALSE(is_id("agt", "agt_01jd00000000000000000000o0"));  // 'o' is no letter of the alphabet
  EXPECT_FALSE(id_uuid("nonsense"));
}

TEST(Id, an_instant_in_letters_sorts_as_instants_do) {
  EXPECT_EQ(sortable(from_unix_millis(0)), "000000000");
  EXPECT_EQ(sortable(from_unix_millis(31)), "00000000z");
  EXPECT_LT(sortable(from_unix_millis(1'700'000'000'031)), sortable(from_unix_millis(1'700'000'000'032)));
  EXPECT_EQ(sortable(from_unix_millis(1'700'000'000'000)).size(), sortable_letters);
}

TEST(Id, gives_the_uuid_that_is_in_it) {
  const auto uuid = id_uuid("agt_7zzzzzzzzzzzzzzzzzzzzzzzzz");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(*uuid, (Uuid{~0ull, ~0ull}));
  EXPECT_EQ(*id_uuid("jti_00000000000000000000000001"), (Uuid{0, 1}));
  EXPECT_EQ(*id_uuid("jti_0000000000000g000000000000"), (Uuid{1, 0})) << "the bit where the halves meet";
  EXPECT_EQ(*id_uuid("dlg_01000000000000000000000000"), (Uuid{1ull << 56, 0}));
  for (const auto* text : {"agt_8zzzzzzzzzzzzzzzzzzzzzzzzz", "agt_7zzzzzzzzzzzzzzzzzzzzzzzzu",
                           "agt-7zzzzzzzzzzzzzzzzzzzzzzzzz",
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

// What is read many at a time: each length around a stride, with the odd one at each place.
TEST(Encoding, a12_one_wrong_character_is_found_wherever_it_stands) {
  for (std::size_t length = 0; length <= 70; ++length) {
    const std::string plain(length, 'a');
    EXPECT_EQ(form_decode(plain), plain);
    EXPECT_TRUE(is_utf8(plain));
    EXPECT_EQ(base64url_decode(plain).has_value(), length % 4 == 0) << length;  // the last 'a' leaves stray bits
    for (std::size_t at = 0; at < length; ++at) {
      auto text = plain;
      text[at] = '\x80';
      EXPECT_FALSE(is_utf8(text)) << length << ' ' << at;
      EXPECT_FALSE(base64url_decode(text)) << length << ' ' << at;
      text[at] = '+';
      EXPECT_EQ(form_decode(text), std::string(at, 'a') + ' ' + std::string(length - at - 1, 'a'));
      EXPECT_EQ(percent_decode(text), text);
      EXPECT_EQ(form_decode(plain.substr(0, at) + "%c3%A9" + plain.substr(at)),
                plain.substr(0, at) + "\xc3\xa9" + plain.substr(at));
      EXPECT_TRUE(is_utf8(plain.substr(0, at) + "\xc3\xa9" + plain.substr(at)));
      EXPECT_FALSE(is_utf8(plain.substr(0, at) + "\xc3"));
    }
  }
  EXPECT_FALSE(base64url_decode("AAAAAB"));
  EXPECT_FALSE(base64url_decode("AAAAAAB"));
  EXPECT_EQ(base64url_decode("AAAAAA"), std::string(4, '\0'));
  EXPECT_EQ(base64url_decode(""), "");
}

TEST(Encoding, utf8_is_strict) {
  EXPECT_TRUE(is_utf8("\xe4\xbd\xa0\xf0\x9f\x98\x80"));
  for (auto bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe4\xbd", "\xff", "\x80"})
    EXPECT_FALSE(is_utf8(bad));
}

TEST(Encoding, what_is_no_utf8_is_replaced_octet_by_octet) {
  for (const auto* good : {"", "a", "\xe4\xbd\xa0\xf0\x9f\x98\x80", "\xef\xbf\xbd"}) EXPECT_EQ(as_utf8(good), good);
  EXPECT_EQ(as_utf8("a\xff" "b"), "a\xef\xbf\xbd" "b");
  EXPECT_EQ(as_utf8("\xe4\xbd"), "\xef\xbf\xbd\xef\xbf\xbd") << "cut off";
  EXPECT_EQ(as_utf8("\xc3\xc3\xa9"), "\xef\xbf\xbd\xc3\xa9") << "what follows is whole";
}

TEST(Json, a12_refuses_duplicates_depth_and_bad_text) {
  EXPECT_TRUE(parse_json(R"({"a":{"b":1},"c":{"b":2}})"));
  EXPECT_FALSE(parse_json(R"({"a":1,"a":2})"));
  EXPECT_FALSE(parse_json(R"({"x":[{"a":1,"\u0061":2}]})"));
  EXPECT_FALSE(parse_json(std::string(25, '[') + std::string(25, ']')));
  EXPECT_TRUE(parse_json(std::string(24, '[') + std::string(24, ']')));
  EXPECT_FALSE(parse_json("{\"a\":\"\xff\"}"));
  EXPECT_FALSE(parse_json(R"({"a":1} x)"));
  EXPECT_FALSE(parse_json(R"({"a":1e999})"));
  EXPECT_FALSE(parse_json(std::string(70'000, ' ')));
  EXPECT_FALSE(parse_json_object("[1]"));
}

TEST(Json, reads_a_number_as_it_was_written) {
  for (const auto* text : {"3.0000000000000004E-1", "1.7976931348623157E308", "2.2250738585072014E-308",
                           "9.200864349327219E0", "3.9335362306983956E2", "-8.98846567431158E307"})
    EXPECT_EQ(json::serialize(*parse_json(text)), text);
}

TEST(Json, a12_refuses_a_repeated_member_at_any_depth) {
  EXPECT_FALSE(parse_json(R"({"a":{"x":1,"y":2},"a":3})"));
  EXPECT_FALSE(parse_json(R"({"a":3,"a":{"x":1,"y":2}})"));
  EXPECT_FALSE(parse_json(R"([1,{"b":[{"c":{"d":1,"e":2,"d":3}}]}])"));
  EXPECT_FALSE(parse_json(R"({"":1,"":1})"));
  EXPECT_TRUE(parse_json(R"({"a":[],"b":{},"c":[{"a":1},{"a":1}],"A":null})"));
  std::string many = "{";
  for (int i = 0; i < 500; ++i) many += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":[{\"n\":1}]";
  EXPECT_TRUE(parse_json(many + "}"));
  EXPECT_FALSE(parse_json(many + ",\"m250\":0}"));
}

TEST(Json, reads_every_kind_of_value) {
  const auto value = parse_json(R"({"a":[1,-2,18446744073709551615,0.5,true,false,null,"\u00e9\n"],"b":""})");
  ASSERT_TRUE(value);
  EXPECT_EQ(json::serialize(*value),
            "{\"a\":[1,-2,18446744073709551615,5E-1,true,false,null,\"\xc3\xa9\\n\"],\"b\":\"\"}");
}

TEST(Json, an_array_is_as_long_as_the_text_may_be) {
  std::string text = "[0";
  for (int i = 0; i < 150'000; ++i) text += ",0";
  text += "]";
  const auto value = parse_json(text, {.bytes_max = text.size()});
  ASSERT_TRUE(value);
  EXPECT_EQ(value->as_array().size(), 150'001u);
  EXPECT_FALSE(parse_json(text, {.bytes_max = text.size() - 1}));
}

TEST(Json, quoted_text_reads_back_whatever_its_length) {
  for (std::size_t length = 0; length <= 70; ++length)
    for (std::size_t at = 0; at < length; ++at)
      for (const char odd : {'"', '\\', '\n', '\x1f', '\x7f', ' '}) {
        std::string text(length, 'a'), out;
        text[at] = odd;
        append_json_string(out, text);
        const auto back = parse_json(out);
        ASSERT_TRUE(back) << length << ' ' << at;
        EXPECT_EQ(back->as_string(), text);
      }
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
