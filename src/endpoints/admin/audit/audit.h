// /v1/audit: checkpoints of the log, proofs against them, the export, and witnesses' cosignatures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/checkpoint.h"
#include "endpoints/admin/frame/visit.h"
#include "oauth/form.h"

namespace deputy::endpoints::admin {

Outcome read_checkpoint(Visit& visit);     // checkpoint.cc
Outcome read_audit_key(Visit& visit);
Outcome rotate_audit_key(Visit& visit);
Outcome add_cosignature(Visit& visit);
Outcome prove_inclusion(Visit& visit);     // proof.cc
Outcome prove_consistency(Visit& visit);
Outcome export_log(Visit& visit);          // export.cc

// The newest checkpoint, as a note; `cosigned` by a witness where the query asks for that. Not found: none yet.
Result<std::string, Problem> newest_checkpoint(Visit& visit, const oauth::Form& query);
// A number of the query, no greater than `most`; none if it was not sent.
Result<std::optional<std::uint64_t>, Problem> size_of(const oauth::Form& query, std::string_view name,
                                                      std::uint64_t most);

http::Response text_response(std::string body, std::string_view content_type = "text/plain; charset=utf-8");

}  // namespace deputy::endpoints::admin
