// Noun: what a directory record may hold, as a table of fields. The one source for validation, /v1, `apply`, filters.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "directory/kind.h"

namespace deputy::directory {

enum class Type {
  text,         // UTF-8, no control characters
  name,         // [A-Za-z0-9][A-Za-z0-9._-]*: client ids; usernames, which also may hold '@', '+' and '|'
  slug,         // [a-z0-9][a-z0-9-]*
  uri,          // absolute, no fragment (RFC 8707 §2), canonical: see canonical_uri()
  url,          // what this server calls: see is_url()
  integer, boolean,
  instant,      // RFC 3339 in, stored as sent after a check
  choice,       // one of `choices`
  reference,    // an id of one of `kinds`
  references,   // a list of such ids, without repeats
  texts,        // a list of text
  attributes,   // an object of scalars; for agents held against their type
  scopes,       // [{name, description, sensitivity, parent}]
  permissions,  // [{resource, scopes: ["booking:read", "booking:*"]}]
  acr_values,   // [{acr, amr: ["pwd"]}], weakest first
  schema,       // [{name, type, required, unique, pattern, values, credential}]
  jwks,         // a public JWK Set
  redirect_uris,  // where a client may be sent an answer: see redirect_uri.h
  scope,        // scopes between single spaces (RFC 6749 §3.3)
  detail_types,  // [{type, description, schema, display, narrowing}]: see detail_type.h
};
enum class Need { required, optional, create_only, create_required, read_only };
enum class Indexed { no, yes, unique };

struct Field {
  std::string_view name;
  Type type;
  Need need;
  std::string_view doc;
  Indexed indexed = Indexed::no;
  std::span<const std::string_view> choices = {};
  std::span<const Kind> kinds = {};  // of a reference
  std::int64_t min = 0, max = 1024;  // of an integer; of text: its characters; of a list: its members
  std::string_view fallback = {};    // JSON text of the value an absent field has; empty: it stays absent
  // The field that it says something of: it is there with that only, and goes where that changes unless it is sent too.
  std::string_view of = {};
  // Of references: does what they name go without asking them? They are left with ids that name nothing any more.
  bool may_dangle = false;
};

struct Noun {
  Kind kind;
  std::string_view doc;
  std::span<const Field> fields;
  const Field* field(std::string_view name) const;
};

// The nouns that /v1 creates from a document. Null for a kind that is made otherwise (membership, ownership, key).
const Noun* noun_of(Kind kind);
const Noun& noun(Kind kind);  // of a kind that is one
std::span<const Noun> nouns();

// What is wrong with which field: one sentence that says what to do. Never repeats what was sent.
struct FieldProblem {
  std::string field;  // JSON pointer without the first slash: "scopes/0/name"; empty: the document itself
  std::string sentence;
  std::string unknown = {};  // the member of it that is not known: for who reads a file of their own, for no caller
};

// A document a caller sent, checked and completed: unknown and read-only fields refused, types and bounds held,
// defaults filled in. Does not look at other records: existence of references and uniqueness are the store's answer.
Result<json::object, FieldProblem> check_new(const Noun& noun, const json::object& sent);
// All that is wrong with a document that check_new() refuses, for who mends it by hand: one thing of each field, and of
// each member of a list of objects. Empty where check_new() takes it.
std::vector<FieldProblem> problems_of_new(const Noun& noun, const json::object& sent);
// A JSON merge patch (RFC 7396) on what is stored. Required fields cannot be removed, create-only ones not changed.
Result<json::object, FieldProblem> check_patch(const Noun& noun, const json::object& stored,
                                               const json::object& patch);

// Every id a document refers to, with the field that holds it.
struct Reference {
  std::string field, id;
};
std::vector<Reference> references_of(const Noun& noun, const json::object& document);

// (index name, value) of every indexed field that is present: what the store keeps look-ups for. Of a list of detail
// types each one is an entry, and that there are some is one more; so is that there is a `jwks_uri`.
struct IndexEntry {
  std::string name, value;
  bool unique;
};
std::vector<IndexEntry> index_entries(const Noun& noun, const json::object& document);
inline constexpr std::string_view registers_detail_types = "registers_detail_types";  // the name of that one
inline constexpr std::string_view has_key_set_uri = "has_key_set_uri";  // of one more, where there is a jwks_uri
// Of one more, of users: the username without its letters' case, by which two that look alike are found.
inline constexpr std::string_view username_folded = "username_folded";
std::string without_case(std::string_view name);  // ASCII, as usernames are

// RFC 8707 §2: absolute, https or http on loopback or a urn, no fragment, no user info; host in lower case, the
// default port dropped, an empty path as sent. None when it is no such URI.
std::optional<std::string> canonical_uri(std::string_view text);
// As above, of https or http on any host, in any spelling: it is called, and compared with nothing.
bool is_url(std::string_view text);

}  // namespace deputy::directory
