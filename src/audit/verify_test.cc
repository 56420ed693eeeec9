// A40 on an export: whatever is altered, taken out, moved, cut off or invented, the first event of it is named.
#include "audit/verify.h"

#include <gtest/gtest.h>

#include "audit/event.h"
#include "base/random.h"

using namespace deputy;
using namespace deputy::audit;
using Kind = Finding::Kind;

namespace {

const Instant noon = from_unix_millis(1'800'000'000'000);

struct Log {
  crypto::PrivateKey private_key = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA);
  NoteKey key = note_key("id.example/audit", NoteKey::Type::signer, private_key.public_key());
  std::vector<std::string> bodies;
  std::vector<Hash> leaves;
  std::map<TileId, Tile> tiles;
  Edge edge = *Edge::load(0, {});
  ReadTile read = [this](TileId id) -> Result<Tile, Fault> { return tiles.at(id); };

  explicit Log(std::size_t count, std::string_view reason = "", Instant (*at)(std::size_t) = nullptr) {
    for (std::size_t i = 0; i < count; ++i) {
      Event event{.id = "evt_" + std::string(22, '0') + std::to_string(1000 + i),
                  .at = at != nullptr ? at(i) : noon + Millis(i),
                  .tenant = "default",
                  .action = "token.issue",
                  .reason = std::string(reason)};
      add(encode(event));
    }
  }
  void add(std::string body) {
    leaves.push_back(leaf_hash(body));
    edge.append(leaves.back());
    bodies.push_back(std::move(body));
    for (auto& tile : edge.take()) tiles.insert_or_assign(tile.id, std::move(tile.hashes));
  }
  std::string note(std::uint64_t size) const {
    const auto text = text_of(Checkpoint{"id.example/audit", size, *tree_root(size, read)});
    return text + "\n" +
           signature_line({key.name, key.id + private_key.sign(crypto::Algorithm::EdDSA, text)});
  }
  Checkpoint at(std::uint64_t size) const { return open_checkpoint(note(size), std::span(&key, 1))->checkpoint; }
};

using Lines = std::vector<std::string>;

// The lines as the server writes them. Events whose number `hidden` accepts are there as their hashes.
Lines exported(const Log& log, std::uint64_t after = 0, bool (*hidden)(std::uint64_t) = nullptr) {
  std::string out;
  const auto size = log.leaves.size();
  append_line(out, ExportHead{"id.example/audit", after, log.note(size)});
  for (auto seq = after + 1; seq <= size; ++seq) {
    const bool hide = hidden != nullptr && hidden(seq);
    append_line(out, ExportEvent{seq, hide ? "" : log.bodies[seq - 1], log.leaves[seq - 1]});
    if (seq % tile_width != 0 && seq != size) continue;
    const auto n = (seq - 1) / tile_width;
    append_line(out, ExportSegment{n, Tile(log.leaves.begin() + static_cast<std::ptrdiff_t>(n * tile_width),
                                           log.leaves.begin() + static_cast<std::ptrdiff_t>(seq)),
                                   *segment_path(n, size, log.read)});
  }
  Lines lines;
  for (std::size_t from = 0; from < out.size();) {
    const auto end = out.find('\n', from);
    lines.push_back(out.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

std::optional<Finding> verify(const Lines& lines, Known known, Verifier* out = nullptr) {
  Verifier verifier(std::move(known));
  for (const auto& line : lines)
    if (auto finding = verifier.line(line)) return finding;
  auto finding = verifier.end();
  if (out != nullptr) *out = std::move(verifier);
  return finding;
}

void expect(const std::optional<Finding>& finding, Kind kind, std::uint64_t seq) {
  ASSERT_TRUE(finding);
  EXPECT_EQ(static_cast<int>(finding->kind), static_cast<int>(kind)) << finding->sentence;
  EXPECT_EQ(finding->seq, seq) << finding->sentence;
  EXPECT_NE(finding->sentence, "");
}

// The lines of event `seq` in an export from the beginning: the head, the segments before it, the events before it.
std::size_t line_of(std::uint64_t seq) { return seq + (seq - 1) / tile_width; }

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

namespace {

// A log whose key changed: the head of an export tells how.
struct Rotated {
  Log log{300};
  crypto::PrivateKey new_private = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA);
  NoteKey next = note_key("id.example/audit", NoteKey::Type::signer, new_private.public_key());

  std::string line_by(const crypto::PrivateKey& by, const NoteKey& key, const std::string& text) const {
    return signature_line({key.name, key.id + by.sign(crypto::Algorithm::EdDSA, text)});
  }
  std::string handover(bool by_old = true, bool by_new = true) const {
    const auto text = handover_text(log.at(200), next);
    return text + "\n" + (by_old ? line_by(log.private_key, log.key, text) : "") +
           (by_new ? line_by(new_private, next, text) : "");
  }
  // Its checkpoint is signed by the new key alone.
  Lines exported(std::vector<std::string> handovers) const {
    auto lines = ::exported(log);
    const auto text = text_of(log.at(300));
    std::string head;
    append_line(head, ExportHead{"id.example/audit", 0, text + "\n" + line_by(new_private, next, text),
                                 std::move(handovers)});
    lines[0] = head.substr(0, head.size() - 1);
    return lines;
  }
};

}  // namespace

TEST(Handover, leads_from_a_key_that_is_known_to_the_next) {
  const Rotated rotated;
  Verifier verifier({});
  EXPECT_FALSE(verify(rotated.exported({rotated.handover()}), {.keys = {rotated.log.key}}, &verifier));
  ASSERT_EQ(verifier.keys().size(), 2u);
  EXPECT_EQ(vkey_of(verifier.keys()[1]), vkey_of(rotated.next));
  EXPECT_FALSE(verify(rotated.exported({}), {.keys = {rotated.log.key, rotated.next}})) << "who knows both needs none";
  EXPECT_FALSE(verify(rotated.exported({rotated.handover()}), {.keys = {rotated.next}}, &verifier));
  EXPECT_EQ(verifier.keys().size(), 1u) << "nothing new to who knows the last";
}

TEST(Handover, a40_that_one_of_the_two_did_not_sign_leads_nowhere) {
  const Rotated rotated;
  const Known known{.keys = {rotated.log.key}};
  expect(verify(rotated.exported({}), known), Kind::signature, 0);
  expect(verify(rotated.exported({rotated.handover(false, true)}), known), Kind::signature, 0);
  expect(verify(rotated.exported({rotated.handover(true, false)}), known), Kind::signature, 0);
  auto renamed = rotated.handover();
  renamed.replace(renamed.find("next-key "), 9, "last-key ");
  expect(verify(rotated.exported({renamed}), known), Kind::signature, 0);
  const Rotated other;
  expect(verify(rotated.exported({other.handover()}), known), Kind::signature, 0);
}
