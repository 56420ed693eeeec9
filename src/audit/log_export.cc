// An event's bytes are what is hashed, so its line is cut and never parsed; the other lines are ordinary JSON.
#include "audit/log_export.h"

#include <cstring>

#include "base/encoding.h"
#include "base/json.h"

namespace deputy::audit {
namespace {

constexpr std::string_view seq_begins = "{\"seq\":", event_begins = ",\"event\":", leaf_begins = ",\"leaf\":\"",
                           leaf_ends = "\"}";

std::string packed(const Tile& hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * sizeof(Hash));
  for (const auto& hash : hashes) bytes.append(as_text(hash));
  return base64(bytes);
}

std::optional<Tile> unpacked(std::string_view text) {
  const auto bytes = base64_decode(text);
  if (!bytes || bytes->empty() || bytes->size() % sizeof(Hash) != 0) return std::nullopt;
  Tile hashes(bytes->size() / sizeof(Hash));
  if (hashes.size() > tile_width) return std::nullopt;
  std::memcpy(hashes.data(), bytes->data(), bytes->size());
  return hashes;
}

std::optional<ExportLine> parse_event(std::string_view line) {
  line.remove_prefix(seq_begins.size());
  const auto comma = line.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto seq = size_in(line.substr(0, comma));
  line.remove_prefix(comma);
  if (!seq || *seq == 0) return std::nullopt;
  if (line.starts_with(event_begins) && line.ends_with('}')) {
    line.remove_prefix(event_begins.size());
    line.remove_suffix(1);
    if (line.empty()) return std::nullopt;
    return ExportEvent{.seq = *seq, .body = std::string(line), .leaf = leaf_hash(line)};
  }
  if (!line.starts_with(leaf_begins) || !line.ends_with(leaf_ends)) return std::nullopt;
  line.remove_prefix(leaf_begins.size());
  line.remove_suffix(leaf_ends.size());
  const auto leaf = hash_in(line);
  if (!leaf) return std::nullopt;
  return ExportEvent{.seq = *seq, .body = {}, .leaf = *leaf};
}

std::optional<ExportLine> parse_head(const json::object& object) {
  const auto log = json_text(object, "log"), note = json_text(object, "checkpoint");
  const auto after = json_integer(object, "after");
  if (!log || !note || !after || *after < 0 || static_cast<std::uint64_t>(*after) % tile_width != 0)
    return std::nullopt;
  ExportHead head{std::string(*log), static_cast<std::uint64_t>(*after), std::string(*note), {}};
  if (!object.contains("handovers")) return head;
  const auto* handovers = json_member_array(object, "handovers");
  if (handovers == nullptr || handovers->size() > handovers_max) return std::nullopt;
  for (const auto& one : *handovers) {
    if (!one.is_string()) return std::nullopt;
    head.handovers.emplace_back(one.get_string());
  }
  return head;
}

std::optional<ExportLine> parse_segment(const json::object& object) {
  const auto segment = json_integer(object, "segment");
  const auto leaves = json_text(object, "leaves");
  const auto* path = json_member_array(object, "path");
  if (!segment || *segment < 0 || !leaves || path == nullptr || path->size() > 64) return std::nullopt;
  auto hashes = unpacked(*leaves);
  if (!hashes) return std::nullopt;
  ExportSegment parsed{static_cast<std::uint64_t>(*segment), *std::move(hashes), {}};
  for (const auto& node : *path) {
    const auto hash = node.is_string() ? hash_in(node.get_string()) : std::nullopt;
    if (!hash) return std::nullopt;
    parsed.path.push_back(*hash);
  }
  return parsed;
}

}  // namespace

void append_line(std::string& out, const ExportHead& head) {
  out.append("{\"log\":");
  append_json_string(out, head.log);
  out.append(",\"after\":").append(std::to_string(head.after)).append(",\"checkpoint\":");
  append_json_string(out, head.checkpoint);
  if (!head.handovers.empty()) out.append(",\"handovers\":").append(json::serialize(json::value_from(head.handovers)));
  out.append("}\n");
}

void append_line(std::string& out, const ExportEvent& event) {
  out.append(seq_begins).append(std::to_string(event.seq));
  if (event.body.empty())
    out.append(leaf_begins).append(text_of(event.leaf)).append(leaf_ends);
  else
    out.append(event_begins).append(event.body).append("}");
  out.push_back('\n');
}

void append_line(std::string& out, const ExportSegment& segment) {
  out.append("{\"segment\":").append(std::to_string(segment.segment)).append(",\"leaves\":\"");
  out.append(packed(segment.leaves)).append("\",\"path\":[");
  for (const auto& hash : segment.path) {
    if (out.back() != '[') out.push_back(',');
    out.append("\"").append(text_of(hash)).append("\"");
  }
  out.append("]}\n");
}

std::optional<ExportLine> parse_line(std::string_view line) {
  if (line.starts_with(seq_begins)) return parse_event(line);
  const auto object = parse_json_object(line);
  if (!object) return std::nullopt;
  return object->contains("segment") ? parse_segment(*object) : parse_head(*object);
}

}  // namespace deputy::audit
