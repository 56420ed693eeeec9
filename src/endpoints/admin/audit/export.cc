// GET /v1/audit/export: whole segments of the log as JSON lines (audit/log_export.h), a page at a time.
#include "audit/log_export.h"
#include "endpoints/admin/audit/audit.h"
#include "endpoints/admin/frame/page.h"

namespace deputy::endpoints::admin {
namespace {

// A page: so many that reading them holds up no other request. Events may be large, too: behind a segment that makes it
// as long as this it ends.
constexpr std::uint64_t events_max = 1024;
constexpr std::size_t bytes_max = 4 * 1024 * 1024;

struct Range {
  std::uint64_t after, last, size;
};

// The events up to the end of their segment: the tenant's own with their bodies, all others as their hashes.
Result<Done, Fault> append_segment(std::string& out, Visit& visit, std::uint64_t n, std::uint64_t size) {
  auto& log = visit.app.store.log();
  const auto first = n * audit::tile_width, count = std::min(size - first, audit::tile_width);
  TRY(auto leaves, log.tile({0, n}));
  TRY(auto entries, log.entries(first, count));
  if (leaves.size() < count || entries.size() != count)
    return Fail{Fault{Fault::Kind::corrupt, "the audit log is shorter than its tree"}};
  leaves.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto& entry = entries[i];
    if (entry.tenant != visit.call.tenant) entry.body.clear();
    audit::append_line(out, audit::ExportEvent{entry.seq, std::move(entry.body), leaves[i]});
  }
  TRY(auto path, audit::segment_path(n, size, store::tiles_of(log)));
  audit::append_line(out, audit::ExportSegment{n, std::move(leaves), std::move(path)});
  return Done{};
}

// Those that led to the key of this checkpoint. A later one is no part of a log of this size.
std::vector<std::string> handovers_up_to(std::uint64_t size, std::vector<std::string> handovers) {
  std::erase_if(handovers, [&](const std::string& note) {
    const auto opened = audit::open_checkpoint(note);
    return !opened || opened->checkpoint.size > size;
  });
  return handovers;
}

Result<Range, Problem> range_of(const oauth::Form& query, std::uint64_t size) {
  TRY(auto after, size_of(query, "after", size));
  TRY(auto limit, size_of(query, "limit", events_max));
  const auto begin = after.value_or(0);
  if (begin % audit::tile_width != 0)
    return Fail{Problem(ProblemType::invalid_request, "Send a multiple of 256: an export is of whole segments.",
                        "after")};
  if (limit == 0) return Fail{Problem(ProblemType::invalid_request, "Send a number from 1 to 1024.", "limit")};
  const auto segments = audit::segments_of(limit.value_or(events_max));
  return Range{begin, std::min(size, begin + segments * audit::tile_width), size};
}

}  // namespace

Outcome export_log(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  constexpr std::string_view parameters[] = {"after", "limit", "size", "cosigned"};
  TRY(auto query, query_of(visit, parameters));
  TRY(auto state, visit.app.store.log().state());
  TRY(auto size, size_of(query, "size", state.size));
  std::string body;
  // A page that names a size goes on with an export that has its head already.
  if (!size) {
    TRY(auto note, newest_checkpoint(visit, query));
    TRY(auto opened, audit::open_checkpoint(note));
    size = opened.checkpoint.size;
    TRY(auto range, range_of(query, *size));
    TRY(auto published, visit.app.audit_log.published());
    auto handovers = handovers_up_to(*size, std::move(published.handovers));
    audit::append_line(body,
                       audit::ExportHead{opened.checkpoint.origin, range.after, note, std::move(handovers)});
  }
  TRY(auto range, range_of(query, *size));
  for (auto n = range.after / audit::tile_width; n * audit::tile_width < range.last && body.size() < bytes_max; ++n) {
    TRY(auto appended, append_segment(body, visit, n, range.size));
  }
  return Answer{.response = text_response(std::move(body), "application/jsonl"), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
