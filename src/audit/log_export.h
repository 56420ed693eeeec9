// The export of a log: JSON lines that anyone can verify with no more than the log's public key.
//
//   {"log":"id.example/audit","after":0,"checkpoint":"…"}          the head: which log, from where on, the signed note;
//                                                                  and "handovers":["…"], where its key has changed
//   {"seq":1,"event":{…}}                                          an event, byte for byte as it was hashed
//   {"seq":2,"leaf":"…"}                                           an event whose body is not shown, or not kept
//   {"segment":0,"leaves":"…","path":["…"]}                        after the last of each 256 (or at the end): their
//                                                                  hashes, and the path from them to the signed root
//
// Each segment leads to the signed root by itself, so what is altered is found where it is, while reading.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/tiles.h"

namespace deputy::audit {

inline constexpr std::size_t handovers_max = 32;  // that a log keeps: older ones give way
inline constexpr std::size_t line_bytes_max = 4 * 1024 * 1024;  // many times what the longest, an event's, has

struct ExportHead {
  std::string log;
  std::uint64_t after = 0;  // a multiple of 256
  std::string checkpoint;   // the signed note
  std::vector<std::string> handovers = {};  // notes, oldest first: who knows an earlier key learns of the later ones
};
struct ExportEvent {
  std::uint64_t seq = 0;
  std::string body;  // empty: `leaf` is all there is
  Hash leaf{};
};
struct ExportSegment {
  std::uint64_t segment = 0;
  Tile leaves;
  Path path;
};
using ExportLine = std::variant<ExportHead, ExportEvent, ExportSegment>;

// Each appends one line with its end.
void append_line(std::string& out, const ExportHead& head);
void append_line(std::string& out, const ExportEvent& event);
void append_line(std::string& out, const ExportSegment& segment);

// None when it is no line of an export. The line comes without its end.
std::optional<ExportLine> parse_line(std::string_view line);

}  // namespace deputy::audit
