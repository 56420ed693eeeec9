// Verification of an export, line by line and offline: whole, unaltered, in order, and the log that was signed for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log_export.h"
#include "base/clock.h"

namespace deputy::audit {

// The first thing that is wrong.
struct Finding {
  enum class Kind : std::uint8_t {
    altered,    // an event, or the hashes of a segment, are not what was signed for
    missing,    // an event is not there
    reordered,  // an event is there, but not in its place
    truncated,  // the export ends before the log did
    malformed,  // a line is no line of an export
    signature,  // the checkpoint is not the log's, or a witness has not signed it
    split_view,  // the log is not a continuation of what was signed before
    no_body     // of an event only the hash is there, and the body was asked for
  } kind;
  std::uint64_t seq = 0;  // the event it is about, or the first of those; 0: none
  std::string sentence;   // "event 17 (evt_…) was altered"
};

// What the caller knows for itself; nothing of it is taken from the export.
struct Known {
  std::vector<NoteKey> keys;         // the log's, one of which must have signed; none: who signed is not checked
  std::vector<NoteKey> witnesses;    // each must have signed
  // An earlier checkpoint, already verified; or, with the note it is in, to be: by a key, or by one that a key handed
  // the log over to. Of an export that begins later only the length is held against it, and the root where both have
  // one length.
  std::optional<Checkpoint> since;
  std::string since_note = {};
  std::uint64_t after = 0;                   // where the export was asked to begin
  std::optional<std::uint64_t> bodies_from;  // from here on every event must have its body
};

// Events by their numbers, first and last.
struct Range {
  std::uint64_t first = 0, last = 0;
};

class Verifier {
 public:
  explicit Verifier(Known known) : known_(std::move(known)) {}

  // The next line, without its end. After a finding there is no more to be learnt.
  std::optional<Finding> line(std::string_view text);
  std::optional<Finding> end();

  const Checkpoint& checkpoint() const { return checkpoint_; }
  // Those that were known, and those that they handed the log over to.
  const std::vector<NoteKey>& keys() const { return known_.keys; }
  // Did each of several known keys that has not signed lead to one that has? Where not, whoever has that one alone may
  // have left the handover out, and with it what bound them to the events before.
  bool handover_shown() const { return handover_shown_; }
  std::uint64_t read() const { return next_ - 1; }       // the last event verified
  std::uint64_t bodies() const { return bodies_; }       // of how many the body was there
  // Which others there are: their leaves are proved, and nothing of what they say. Only the first thousand ranges.
  const std::vector<Range>& without_bodies() const { return without_; }
  // Events recorded more than a minute before the one in front of them: the clock ran back. Proof is the order, not
  // the clock, so this is told and no finding.
  const std::vector<std::uint64_t>& clock_ran_back() const { return ran_back_; }

 private:
  std::optional<Finding> head(const ExportHead& head);
  std::optional<Finding> event(ExportEvent event);
  std::optional<Finding> segment(const ExportSegment& segment);
  std::optional<Finding> compare(const Tile& leaves) const;
  std::optional<Finding> misplaced(std::size_t at, const Tile& leaves) const;
  // What was signed for before, by a handover or the checkpoint the caller kept: the log must begin with it.
  struct Earlier {
    Checkpoint checkpoint;
    std::string_view name;
  };
  std::optional<Finding> hold(Earlier earlier);
  std::optional<Finding> reach(const Tile& leaves, const Hash& root);
  static Finding rewritten(const Earlier& earlier);
  std::optional<Finding> count_bodies();
  void watch_clock(const ExportEvent& event);
  std::uint64_t segment_at() const { return (next_ - 1) / tile_width; }
  std::uint64_t expected() const;  // how many events the segment that is being read has

  Known known_;
  bool begun_ = false, handover_shown_ = true;
  Checkpoint checkpoint_;
  std::uint64_t next_ = 1;  // the first event of the segment that is being read
  std::vector<ExportEvent> events_;  // of that segment, so far
  std::vector<Earlier> earlier_;     // those that are to be reached
  std::vector<Hash> segments_;       // roots of the segments read, as long as there are such
  std::uint64_t bodies_ = 0, lines_ = 0;
  std::vector<Range> without_;
  std::optional<Instant> latest_;
  std::vector<std::uint64_t> ran_back_;
};

// "at" of an encoded event; none if it cannot be read.
std::optional<Instant> instant_in(std::string_view body);
// "id" of an encoded event, if it looks like one; else empty.
std::string_view id_in(std::string_view body);

}  // namespace deputy::audit
