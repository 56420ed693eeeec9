// A segment is held against the signed root first, then each event against its segment: what differs is named.
#include "audit/verify.h"

#include <algorithm>
#include <utility>

#include "base/id.h"

namespace deputy::audit {
namespace {

using Kind = Finding::Kind;

constexpr std::size_t lines_beyond_a_segment = 256;  // read on, to tell a repeated event from a missing line
constexpr Seconds clock_tolerance{60};
constexpr std::size_t ranges_max = 1000;

Finding no_head() { return {Kind::malformed, 0, "the export does not begin with its head"}; }
std::string number(std::uint64_t n) { return std::to_string(n); }
std::string range(std::uint64_t first, std::uint64_t last) {
  return first == last ? "event " + number(first) : "events " + number(first) + " to " + number(last);
}
// The id stands beside the number only where the body says it, and only if it is written like an id of ours: the
// sentence goes to a terminal.
std::string name_of(std::uint64_t seq, std::string_view body) {
  const auto id = id_in(body);
  return "event " + number(seq) + (id.empty() ? "" : " (" + std::string(id) + ")");
}

bool holds(const Tile& leaves, std::size_t from, const Hash& leaf) {
  return std::find(leaves.begin() + static_cast<std::ptrdiff_t>(std::min(from, leaves.size())), leaves.end(), leaf) !=
         leaves.end();
}

// The handovers that these keys, and those that they led to, have signed; all that are led to are added. A handover is
// signed for the events before it, too: whoever has the newer key alone cannot rewrite those.
std::vector<Checkpoint> follow(const std::vector<std::string>& handovers, std::vector<NoteKey>& keys) {
  std::vector<Checkpoint> passed;
  const auto is_known = [&](const NoteKey& key) {
    return std::any_of(keys.begin(), keys.end(), [&](const NoteKey& one) { return vkey_of(one) == vkey_of(key); });
  };
  for (const auto& note : handovers) {
    auto handover = handed_over(note, keys);
    if (!handover) continue;
    passed.push_back(std::move(handover->at));
    if (!is_known(handover->next)) keys.push_back(std::move(handover->next));
  }
  return passed;
}

// Does each of the keys that has not signed the note lead to one that has? By itself: whoever has another of them could
// make a way from that one.
bool is_led_to(const Note& note, const std::vector<std::string>& handovers, const std::vector<NoteKey>& keys) {
  const auto has_signed = [&](const NoteKey& key) { return signature_by(key, note).has_value(); };
  return std::all_of(keys.begin(), keys.end(), [&](const NoteKey& key) {
    std::vector<NoteKey> led{key};
    (void)follow(handovers, led);
    return std::any_of(led.begin(), led.end(), has_signed);
  });
}

}  // namespace

std::string_view id_in(std::string_view body) {
  constexpr std::string_view begins = "{\"id\":\"";
  if (!body.starts_with(begins)) return {};
  body = body.substr(begins.size());
  const auto id = body.substr(0, body.find('"'));
  return is_id("evt", id) ? id : std::string_view();
}

// Written by us in one form: "2026-11-24T06:03:47.123Z".
std::optional<Instant> instant_in(std::string_view body) {
  constexpr std::string_view begins = "\",\"at\":\"", form = "0000-00-00T00:00:00.000Z";
  const auto found = body.find(begins);
  if (found == std::string_view::npos) return std::nullopt;
  const auto text = body.substr(found + begins.size(), form.size());
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return std::nullopt;
  const auto digits = [&](std::size_t at, std::size_t count) {
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(digits(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(digits(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(digits(8, 2)))};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(digits(11, 2)) + std::chrono::minutes(digits(14, 2)) +
         Seconds(digits(17, 2)) + Millis(digits(20, 3));
}

std::optional<Finding> Verifier::line(std::string_view text) {
  ++lines_;
  if (text.size() > line_bytes_max)
    return Finding{Kind::malformed, begun_ ? next_ + events_.size() : 0,
                   "line " + number(lines_) + " is longer than any line of an export"};
  auto parsed = parse_line(text);
  if (!parsed && !begun_) return no_head();
  if (!parsed && expected() == 0)
    return Finding{Kind::malformed, 0, "line " + number(lines_) + " is no line of an export: it stands behind the last "
                                       "event"};
  if (!parsed) return Finding{Kind::malformed, next_ + events_.size(),
                              "line " + number(lines_) + " is no line of an export; event " +
                                  number(next_ + events_.size()) + " was expected at that place"};
  if (const auto* head = std::get_if<ExportHead>(&*parsed)) return this->head(*head);
  if (!begun_) return no_head();
  if (auto* event = std::get_if<ExportEvent>(&*parsed)) return this->event(std::move(*event));
  return segment(std::get<ExportSegment>(*parsed));
}

std::optional<Finding> Verifier::head(const ExportHead& head) {
  if (begun_) return Finding{Kind::malformed, 0, "the export has a second head at line " + number(lines_)};
  const auto named = known_.keys;
  const auto handovers = follow(head.handovers, known_.keys);
  auto opened = open_checkpoint(head.checkpoint, known_.keys);
  if (!opened) return Finding{Kind::signature, 0, opened.error().detail};
  handover_shown_ = is_led_to(opened->note, head.handovers, named);
  for (const auto& witness : known_.witnesses)
    if (!signature_by(witness, opened->note))
      return Finding{Kind::signature, 0, "the witness " + witness.name + " has not signed the checkpoint"};
  checkpoint_ = std::move(opened->checkpoint);
  begun_ = true;
  if (head.after != known_.after)
    return Finding{Kind::missing, known_.after + 1, "event " + number(known_.after + 1) +
                   " is missing: the export begins after event " + number(head.after)};
  if (checkpoint_.size < head.after)
    return Finding{Kind::truncated, checkpoint_.size + 1, "event " + number(checkpoint_.size + 1) +
                   " is missing: the checkpoint is for fewer events than the export begins after"};
  next_ = head.after + 1;
  // The one behind the last may be asked for: by who goes on from there, and finds that nothing has happened since.
  if (known_.bodies_from && *known_.bodies_from > checkpoint_.size + 1)
    return Finding{Kind::no_body, *known_.bodies_from, "event " + number(*known_.bodies_from) +
                   " has no body here: the checkpoint is for " + number(checkpoint_.size) + " events"};
  for (const auto& handover : handovers)
    if (auto finding = hold({handover, "a handover of the log's key"})) return finding;
  if (!known_.since_note.empty()) {
    auto earlier = open_checkpoint(known_.since_note, known_.keys);
    if (!earlier) return Finding{Kind::signature, 0, "the earlier checkpoint: " + earlier.error().detail};
    known_.since = std::move(earlier->checkpoint);
  }
  if (!known_.since) return std::nullopt;
  if (known_.since->origin != checkpoint_.origin)
    return Finding{Kind::signature, 0, "the earlier checkpoint is of another log"};
  return hold({*known_.since, "the earlier checkpoint"});
}

std::optional<Finding> Verifier::hold(Earlier earlier) {
  const auto size = earlier.checkpoint.size;
  if (size > checkpoint_.size)
    return Finding{Kind::truncated, checkpoint_.size + 1, "event " + number(checkpoint_.size + 1) +
                   " is missing: the log was cut back, for " + std::string(earlier.name) + " counts " + number(size) +
                   " events"};
  if (size == checkpoint_.size && earlier.checkpoint.root != checkpoint_.root) return rewritten(earlier);
  if (size != 0 && known_.after == 0) earlier_.push_back(std::move(earlier));
  return std::nullopt;
}

std::uint64_t Verifier::expected() const {
  const auto left = checkpoint_.size + 1 - std::min(next_, checkpoint_.size + 1);
  return std::min(left, tile_width);
}

std::optional<Finding> Verifier::event(ExportEvent event) {
  if (events_.size() == expected() + lines_beyond_a_segment)
    return Finding{Kind::missing, next_, "the hashes of " + range(next_, next_ + expected() - 1) + " are missing"};
  if (expected() == 0 && event.seq < next_)
    return Finding{Kind::reordered, event.seq, name_of(event.seq, event.body) + " is out of its place"};
  if (expected() == 0)
    return Finding{Kind::altered, next_, name_of(event.seq, event.body) + " is not among the " +
                                             number(checkpoint_.size) + " that the checkpoint is for"};
  watch_clock(event);
  events_.push_back(std::move(event));
  return std::nullopt;
}

std::optional<Finding> Verifier::segment(const ExportSegment& segment) {
  const auto count = expected();
  if (count == 0 || segment.segment != segment_at())
    return Finding{Kind::missing, next_,
                   count == 0 ? "the export goes on behind its last event"
                              : "event " + number(next_) + " is missing, or its hashes are: segment " +
                                    number(segment_at()) + " was expected at line " + number(lines_)};
  const auto root = root_of(segment.leaves);
  if (auto finding = compare(segment.leaves)) return finding;
  const bool signed_for = segment.leaves.size() == count &&
                          verify_inclusion(root, segment.segment, segments_of(checkpoint_.size), segment.path,
                                           checkpoint_.root);
  if (!signed_for)
    return Finding{Kind::altered, next_, range(next_, next_ + count - 1) +
                   (count == 1 ? " was" : ": at least one of them was") +
                   " altered, and its hash with it: they do not lead to the signed root"};
  if (auto finding = count_bodies()) return finding;
  next_ += count;
  events_.clear();
  return reach(segment.leaves, root);
}

// Those that end in the segment that was just read: it and the ones in front of it lead to their roots.
std::optional<Finding> Verifier::reach(const Tile& leaves, const Hash& root) {
  if (earlier_.empty()) return std::nullopt;
  const auto before = segments_.size() * tile_width, read = before + leaves.size();
  for (const auto& earlier : earlier_) {
    const auto size = earlier.checkpoint.size;
    if (size > read) continue;
    auto roots = segments_;
    roots.push_back(size < read ? root_of(std::span(leaves).first(size - before)) : root);
    if (root_of(roots) != earlier.checkpoint.root) return rewritten(earlier);
  }
  std::erase_if(earlier_, [&](const Earlier& earlier) { return earlier.checkpoint.size <= read; });
  segments_.push_back(root);
  return std::nullopt;
}

std::optional<Finding> Verifier::compare(const Tile& leaves) const {
  const auto count = std::min<std::size_t>(expected(), leaves.size());
  for (std::size_t at = 0; at < count; ++at) {
    if (at == events_.size())
      return Finding{Kind::missing, next_ + at, "event " + number(next_ + at) + " is missing"};
    if (events_[at].seq != next_ + at || events_[at].leaf != leaves[at]) return misplaced(at, leaves);
  }
  if (count < expected())
    return Finding{Kind::altered, next_ + count, "the hashes of " + range(next_ + count, next_ + expected() - 1) +
                   " are missing"};
  if (events_.size() <= count) return std::nullopt;
  const auto& surplus = events_[count];
  return Finding{Kind::reordered, surplus.seq, name_of(surplus.seq, surplus.body) + " is out of its place"};
}

// What stands at this place is not what belongs there. Which of the three it is, the hashes tell: numbers can be
// rewritten.
std::optional<Finding> Verifier::misplaced(std::size_t at, const Tile& leaves) const {
  const auto seq = next_ + at;
  const auto& found = events_[at];
  if (found.leaf == leaves[at])
    return Finding{Kind::altered, seq, name_of(seq, found.body) + " was altered: it bears another number"};
  for (std::size_t later = at + 1; later < events_.size(); ++later)
    if (events_[later].leaf == leaves[at])
      return Finding{Kind::reordered, seq, name_of(seq, events_[later].body) + " is out of its place"};
  if (found.seq > seq || holds(leaves, at + 1, found.leaf))
    return Finding{Kind::missing, seq, "event " + number(seq) + " is missing"};
  return Finding{Kind::altered, seq, name_of(seq, found.body) + " was altered"};
}

Finding Verifier::rewritten(const Earlier& earlier) {
  return {Kind::split_view, earlier.checkpoint.size,
          "events 1 to " + number(earlier.checkpoint.size) + " are not those that " + std::string(earlier.name) +
              " was signed for: the log was rewritten, or shows different views to different readers"};
}

std::optional<Finding> Verifier::count_bodies() {
  for (std::size_t at = 0; at < events_.size(); ++at) {
    const auto seq = next_ + at;
    if (!events_[at].body.empty()) {
      ++bodies_;
      continue;
    }
    if (known_.bodies_from && seq >= *known_.bodies_from)
      return Finding{Kind::no_body, seq, "event " + number(seq) + " has no body here: only its hash is shown"};
    if (!without_.empty() && without_.back().last + 1 == seq)
      without_.back().last = seq;
    else if (without_.size() < ranges_max)
      without_.push_back({seq, seq});
  }
  return std::nullopt;
}

void Verifier::watch_clock(const ExportEvent& event) {
  const auto at = instant_in(event.body);
  if (!at) return;
  if (latest_ && *at < *latest_ - clock_tolerance) ran_back_.push_back(event.seq);
  latest_ = at;
}

std::optional<Finding> Verifier::end() {
  if (!begun_) return Finding{Kind::malformed, 0, "the export is empty"};
  if (expected() == 0) return std::nullopt;
  const auto at = std::min<std::uint64_t>(events_.size(), expected());
  for (std::size_t i = 0; i < at; ++i)
    if (events_[i].seq != next_ + i)
      return Finding{Kind::missing, next_ + i, "event " + number(next_ + i) + " is missing"};
  if (at == expected())
    return Finding{Kind::truncated, next_, "the hashes of " + range(next_, next_ + at - 1) + " are missing"};
  return Finding{Kind::truncated, next_ + at, "event " + number(next_ + at) + " is missing: the export ends there, " +
                 "and the checkpoint is for " + number(checkpoint_.size) + " events"};
}

}  // namespace deputy::audit
