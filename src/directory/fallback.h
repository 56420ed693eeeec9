// Fallback: what a field that a document leaves out is taken for, the same for the server and for `apply`.
#pragma once

#include "directory/noun.h"

namespace deputy::directory {

// JSON text; empty: the field stays absent. It is the field's own fallback, unless another field says otherwise.
std::string_view fallback_of(const Field& field, const json::object& document);

// Gives a stored document the fields that it lacks as what they are taken for: it may be older than they are.
void complete(const Noun& noun, json::object& document);

}  // namespace deputy::directory
