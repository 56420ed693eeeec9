// Document: a record as /v1 shows it.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/result.h"
#include "http/message.h"
#include "store/store.h"

namespace deputy::endpoints::admin {

// A record's body, parsed; of a noun, with every field that has a default, for it may be older than the field. Faults:
// corrupt.
Result<json::object, Fault> body_of_record(const store::Record& record);

// Beside its noun's fields, and set by the server.
inline constexpr std::array<std::string_view, 4> every_record_has{"id", "version", "created_at", "updated_at"};
// {"id","version","created_at","updated_at", …the noun's fields}: the state as it is now, secrets' hashes left out.
json::object document_of(const store::Record& record, const json::object& body, Instant now);
Result<json::object, Fault> document_of(const store::Record& record, Instant now);

// The document with its version as the ETag (RFC 9110 §8.8.3).
http::Response document_response(int status, const json::object& document);

// 204: done, and there is nothing to show.
http::Response no_content();

}  // namespace deputy::endpoints::admin
