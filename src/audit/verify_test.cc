// A40 on an export: whatever is altered, taken out, moved, cut off or invented, the first event of it is named.
#include <gtest/gtest.h>

#include "audit/export_fixture_test.h"

using namespace deputy;
using namespace deputy::audit;
using namespace deputy::audit::test;

namespace {

class Export : public testing::Test {
 protected:
  static const Log& log() {
    static const Log log(600);
    return log;
  }
  Lines lines = exported(log());
  Known known{.keys = {log().key}};
};

}  // namespace

TEST_F(Export, that_is_whole_verifies) {
  Verifier verifier({});
  EXPECT_FALSE(verify(lines, known, &verifier));
  EXPECT_EQ(verifier.read(), 600u);
  EXPECT_EQ(verifier.bodies(), 600u);
  EXPECT_TRUE(verifier.clock_ran_back().empty());
  for (const std::size_t size : {1u, 2u, 255u, 256u, 257u, 512u}) {
    const Log other(size);
    EXPECT_FALSE(verify(exported(other), {.keys = {other.key}})) << size;
  }
}

TEST_F(Export, that_hides_bodies_verifies_by_their_hashes) {
  Verifier verifier({});
  EXPECT_FALSE(verify(exported(log(), 0, [](std::uint64_t seq) { return seq % 3 == 0; }), known, &verifier));
  EXPECT_EQ(verifier.bodies(), 400u);
  EXPECT_EQ(verifier.without_bodies().size(), 200u);
  EXPECT_FALSE(verify(exported(log(), 0, [](std::uint64_t seq) { return seq > 250 && seq <= 260; }), known, &verifier));
  ASSERT_EQ(verifier.without_bodies().size(), 1u);
  EXPECT_EQ(verifier.without_bodies()[0].first, 251u);
  EXPECT_EQ(verifier.without_bodies()[0].last, 260u);
}

TEST_F(Export, a40_a_hidden_body_is_missed_by_who_is_to_see_them_all) {
  const auto hidden = exported(log(), 0, [](std::uint64_t seq) { return seq < 100 || seq == 300; });
  EXPECT_FALSE(verify(hidden, known));
  known.bodies_from = 301;
  EXPECT_FALSE(verify(hidden, known));
  known.bodies_from = 300;
  expect(verify(hidden, known), Kind::no_body, 300);
  known.bodies_from = 99;
  expect(verify(hidden, known), Kind::no_body, 99);
}

TEST_F(Export, that_begins_later_verifies_for_who_asked_for_that) {
  const auto later = exported(log(), 512);
  known.after = 512;
  EXPECT_FALSE(verify(later, known));
  known.after = 0;
  expect(verify(later, known), Kind::missing, 1);
}

TEST_F(Export, a40_an_altered_byte_names_its_event) {
  for (const std::uint64_t seq : {1u, 17u, 256u, 257u, 600u}) {
    auto altered = lines;
    auto& line = altered[line_of(seq)];
    line.replace(line.find("token.issue"), 5, "tokem");
    expect(verify(altered, known), Kind::altered, seq);
  }
}

TEST_F(Export, a40_every_byte_of_an_event_counts) {
  const auto at = line_of(300);
  for (std::size_t byte = 0; byte < lines[at].size(); ++byte) {
    auto altered = lines;
    altered[at][byte] ^= 1;
    ASSERT_TRUE(verify(altered, known)) << byte;
  }
}

TEST_F(Export, a40_an_event_altered_together_with_its_hash_is_found_in_its_segment) {
  const auto forged = leaf_hash("{}");
  auto altered = lines;
  altered[line_of(300)] = R"({"seq":300,"event":{}})";
  auto segment = std::get<ExportSegment>(*parse_line(altered[line_of(512) + 1]));
  segment.leaves[300 - 257] = forged;
  std::string line;
  append_line(line, segment);
  altered[line_of(512) + 1] = line.substr(0, line.size() - 1);
  expect(verify(altered, known), Kind::altered, 257);
}

TEST_F(Export, a40_a_removed_event_is_missing) {
  for (const std::uint64_t seq : {1u, 17u, 256u, 257u, 599u, 600u}) {
    auto altered = lines;
    altered.erase(altered.begin() + static_cast<std::ptrdiff_t>(line_of(seq)));
    expect(verify(altered, known), Kind::missing, seq);
  }
}

TEST_F(Export, a40_a_removed_event_is_missing_even_if_the_rest_is_numbered_anew) {
  auto altered = lines;
  altered.erase(altered.begin() + static_cast<std::ptrdiff_t>(line_of(17)));
  for (auto seq = 17u; seq < 256u; ++seq) {
    auto& line = altered[line_of(seq)];
    line.replace(7, line.find(',') - 7, std::to_string(seq));
  }
  expect(verify(altered, known), Kind::missing, 17);
}

TEST_F(Export, a40_a_removed_segment_is_missing) {
  auto altered = lines;
  altered.erase(altered.begin() + static_cast<std::ptrdiff_t>(line_of(257)),
                altered.begin() + static_cast<std::ptrdiff_t>(line_of(513)));
  expect(verify(altered, known), Kind::missing, 257);
  altered = lines;
  altered.erase(altered.begin() + static_cast<std::ptrdiff_t>(line_of(256) + 1));
  EXPECT_TRUE(verify(altered, known));
}

TEST_F(Export, a40_swapped_events_are_out_of_place) {
  auto altered = lines;
  std::swap(altered[line_of(20)], altered[line_of(40)]);
  expect(verify(altered, known), Kind::reordered, 20);
  // With their numbers put right, the hashes still tell.
  auto& first = altered[line_of(20)];
  first.replace(7, 2, "20");
  altered[line_of(40)].replace(7, 2, "40");
  expect(verify(altered, known), Kind::reordered, 20);
}

TEST_F(Export, a40_a_repeated_event_is_out_of_place) {
  auto altered = lines;
  altered.insert(altered.begin() + static_cast<std::ptrdiff_t>(line_of(20)), altered[line_of(19)]);
  expect(verify(altered, known), Kind::reordered, 20);
}

TEST_F(Export, a40_an_event_repeated_behind_the_end_is_out_of_place) {
  auto altered = lines;
  altered.push_back(altered[line_of(3)]);
  expect(verify(altered, known), Kind::reordered, 3);
}

TEST_F(Export, a40_bodies_are_not_asked_for_where_there_are_no_events) {
  known.bodies_from = 602;
  expect(verify(lines, known), Kind::no_body, 602);
  known.bodies_from = 601;
  EXPECT_FALSE(verify(lines, known)) << "nothing has happened since 600";
}

TEST_F(Export, a40_truncation_is_told_by_the_checkpoint) {
  for (const std::size_t keep : {1u, 2u, 100u, 257u, 258u, 259u, 601u, 602u}) {
    const Lines cut(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(keep));
    const auto finding = verify(cut, known);
    ASSERT_TRUE(finding) << keep;
    EXPECT_EQ(static_cast<int>(finding->kind), static_cast<int>(Kind::truncated)) << finding->sentence;
  }
  expect(verify({lines.begin(), lines.begin() + 100}, known), Kind::truncated, 100);
  expect(verify({}, known), Kind::malformed, 0);
}

TEST_F(Export, a40_a_log_cut_back_is_told_by_an_earlier_checkpoint) {
  const Log later(700);
  known.since = Checkpoint{"id.example/audit", 700, *tree_root(700, later.read)};
  expect(verify(lines, known), Kind::truncated, 601);
}

TEST_F(Export, a40_a_log_shorter_than_where_the_export_begins_was_cut_back) {
  std::string head;
  append_line(head, ExportHead{"id.example/audit", 1024, log().note(600)});
  known.after = 1024;
  expect(verify({head.substr(0, head.size() - 1)}, known), Kind::truncated, 601);
  known.after = 512;
  known.since = Checkpoint{"id.example/audit", 700, {}};
  expect(verify(exported(log(), 512), known), Kind::truncated, 601);
  known.since = log().at(100);  // of an earlier one the length is all that is compared
  EXPECT_FALSE(verify(exported(log(), 512), known));
  known.since = log().at(600);
  EXPECT_FALSE(verify(exported(log(), 512), known));
  known.since->root[0] ^= 1;
  expect(verify(exported(log(), 512), known), Kind::split_view, 600);
}

TEST_F(Export, continues_every_earlier_checkpoint) {
  for (const std::uint64_t size : {0u, 1u, 100u, 256u, 257u, 512u, 599u, 600u}) {
    known.since = log().at(size);
    EXPECT_FALSE(verify(lines, known)) << size;
  }
}

TEST_F(Export, a40_a_split_view_is_told_by_two_checkpoints) {
  const Log other(600, "another story");  // what another reader was shown
  for (const std::uint64_t size : {1u, 256u, 300u, 512u, 600u}) {
    known.since = Checkpoint{"id.example/audit", size, *tree_root(size, other.read)};
    expect(verify(lines, known), Kind::split_view, size);
  }
}

TEST_F(Export, a40_a_forged_checkpoint_is_not_signed) {
  const Log other(600);
  auto forged = lines;
  forged[0] = exported(other)[0];
  expect(verify(forged, known), Kind::signature, 0);
  known.keys.clear();
  EXPECT_FALSE(verify(forged, known));  // the same events: without a key nobody is asked who vouches for them
}

TEST_F(Export, a40_a_witness_that_did_not_sign_is_missed) {
  known.witnesses.push_back(note_key("w.example", NoteKey::Type::cosigner, log().private_key.public_key()));
  expect(verify(lines, known), Kind::signature, 0);
}

TEST_F(Export, a40_what_is_injected_into_an_event_makes_no_line) {
  const Log hostile(3, "x\"}\n{\"seq\":2,\"event\":{\"id\":\"evt_forged\"}}\r\n\xe2\x80\xa8");
  const auto injected = exported(hostile);
  EXPECT_EQ(injected.size(), 5u);  // a head, three events, a segment
  EXPECT_FALSE(verify(injected, {.keys = {hostile.key}}));
  auto altered = lines;
  altered.insert(altered.begin() + 3, R"({"seq":3,"event":{"id":"evt_forged"}})");
  expect(verify(altered, known), Kind::reordered, 3);
  altered[3] = "";
  expect(verify(altered, known), Kind::malformed, 3);
}

TEST_F(Export, a40_a_line_longer_than_any_is_told_by_its_place) {
  auto altered = lines;
  altered[5].assign(line_bytes_max + 1, ' ');
  const auto finding = verify(altered, known);
  expect(finding, Kind::malformed, 5);
  EXPECT_EQ(finding->sentence, "line 6 is longer than any line of an export");
  altered[0].assign(line_bytes_max + 1, ' ');
  expect(verify(altered, known), Kind::malformed, 0);
}

TEST_F(Export, a40_a_line_behind_the_last_event_is_told_by_its_place) {
  for (const auto* line : {"", "}"}) {
    auto altered = lines;
    altered.emplace_back(line);
    const auto finding = verify(altered, known);
    expect(finding, Kind::malformed, 0);
    EXPECT_EQ(finding->sentence, "line 605 is no line of an export: it stands behind the last event");
    altered = lines;
    altered.insert(altered.begin(), line);
    const auto headless = verify(altered, known);
    expect(headless, Kind::malformed, 0);
    EXPECT_EQ(headless->sentence, "the export does not begin with its head");
  }
}

TEST_F(Export, a40_an_event_behind_the_last_is_not_signed_for) {
  auto altered = lines;
  altered.push_back(R"({"seq":601,"event":{"id":"evt_forged"}})");
  expect(verify(altered, known), Kind::altered, 601);
}

TEST(Clock, a40_running_back_is_told_and_no_failure) {
  const Log log(20, "", [](std::size_t i) { return noon + Seconds(i < 10 ? i : i - 100); });
  Verifier verifier({});
  EXPECT_FALSE(verify(exported(log), {.keys = {log.key}}, &verifier));
  EXPECT_EQ(verifier.clock_ran_back(), std::vector<std::uint64_t>{11});
  const Log within(20, "", [](std::size_t i) { return noon - Seconds(i); });
  EXPECT_FALSE(verify(exported(within), {.keys = {within.key}}, &verifier));
  EXPECT_TRUE(verifier.clock_ran_back().empty());
}

TEST(Clock, is_read_from_the_body_as_it_was_written) {
  EXPECT_EQ(instant_in(encode({.id = "evt_1", .at = noon})), noon);
  EXPECT_EQ(instant_in(encode({.id = "evt_1", .at = noon + Millis(7)})), noon + Millis(7));
  EXPECT_EQ(instant_in("{\"id\":\"evt_1\"}"), std::nullopt);
  EXPECT_EQ(instant_in("{\"id\":\"evt_1\",\"at\":\"2026-13-01T00:00:00.000Z\"}"), std::nullopt);
}
