// Values: scalars here, structured ones by the tables of their members.
#include "directory/check_value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/visible.h"
#include "directory/detail_type.h"
#include "directory/email.h"
#include "directory/instant.h"
#include "directory/pattern.h"
#include "directory/person.h"
#include "directory/redirect_uri.h"
#include "oauth/scope.h"

namespace deputy::directory {
namespace {

using Problem = std::optional<FieldProblem>;

Problem wrong(const std::string& path, std::string sentence) { return FieldProblem{path, std::move(sentence)}; }

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

Problem check_text(const json::value& value, const std::string& path, std::int64_t min, std::int64_t max,
                   Lines lines = Lines::one) {
  if (!value.is_string()) return wrong(path, "must be a string");
  const std::string_view text(value.get_string());
  // As JSON Schema counts (RFC 8259 §1: code points), so that the length which is documented is the one that is held.
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  const auto size = std::count_if(text.begin(), text.end(), begins);
  if (size < min || size > max)
    return wrong(path, "must be " + std::to_string(min) + " to " + std::to_string(max) + " characters long");
  if (!is_printable(text, lines))  // A37, A40
    return wrong(path, lines == Lines::one ? "must be one line, without control characters"
                                           : "must not hold control characters");
  return std::nullopt;
}

// What must be there is there to be read: a name of nothing but spaces and what has no width is none (A37).
Problem check_words(const json::value& value, const std::string& path, const Field& field) {
  const auto lines = field.name == "description" ? Lines::many : Lines::one;
  if (auto problem = check_text(value, path, field.min, field.max, lines)) return problem;
  if (field.min > 0 && !is_seen(std::string_view(value.get_string())))
    return wrong(path, "must hold something that can be seen");
  return std::nullopt;
}

Problem check_name(const json::value& value, const std::string& path, const Field& field) {
  if (auto problem = check_text(value, path, field.min, field.max)) return problem;
  const std::string_view text(value.get_string());
  // How identity providers name people: by an address, by a number behind a '|', with a '+'. ASCII alone: beyond it two
  // names could look alike, or one be written in two ways.
  const std::string_view more = field.name == "username" ? "._-@+|" : "._-";
  const auto legal = [&](char c) { return is_alnum(c) || more.find(c) != std::string_view::npos; };
  if (text.empty() || !is_alnum(text.front()) || !std::all_of(text.begin(), text.end(), legal))
    return wrong(path, field.name == "username"
                           ? "may hold ASCII letters, digits and . _ - @ + |, and begins with a letter or digit"
                           : "may hold letters, digits, '.', '_' and '-', and begins with a letter or digit");
  // A name that reads as an id would let one principal pass for another (RFC 9700 §4.15).
  if (kind_of_id(text)) return wrong(path, "must not have the form of an id of this server");
  return std::nullopt;
}

Problem check_reference(const json::value& value, const std::string& path, std::span<const Kind> allowed) {
  std::string wanted;
  for (const auto kind : allowed) wanted.append(wanted.empty() ? "" : " or ").append(row(kind).prefix).append("_…");
  const auto kind = value.is_string() ? kind_of_id(std::string_view(value.get_string())) : std::nullopt;
  if (!kind || std::find(allowed.begin(), allowed.end(), *kind) == allowed.end())
    return wrong(path, "must be an id: " + wanted);
  return std::nullopt;
}

Problem check_list(const json::value& value, const std::string& path, std::int64_t max) {
  if (!value.is_array()) return wrong(path, "must be a list");
  if (static_cast<std::int64_t>(value.get_array().size()) > max)
    return wrong(path, "may have at most " + std::to_string(max) + " members");
  return std::nullopt;
}

// Every member of a list is an object with these members and no others.
Problem check_members(const json::value& value, const std::string& path, std::span<const Field> members) {
  if (!value.is_object()) return wrong(path, "must be an object");
  for (const auto& [key, member] : value.get_object()) {
    const std::string_view name(key);
    const auto field = std::find_if(members.begin(), members.end(), [&](const auto& one) { return one.name == name; });
    if (field == members.end()) return FieldProblem{path, "holds a member that is not known here", std::string(key)};
    if (auto problem = check_value(*field, member, path + "/" + std::string(field->name))) return problem;
  }
  for (const auto& field : members)
    if (field.need == Need::required && !value.get_object().contains(field.name))
      return wrong(path + "/" + std::string(field.name), "is required");
  return std::nullopt;
}

constexpr Kind resource_kind[] = {Kind::resource};
constexpr std::string_view sensitivities[] = {"low", "medium", "high"};
constexpr std::string_view attribute_types[] = {"string", "number", "boolean", "enum"};
constexpr Field scope_members[] = {
    {.name = "name", .type = Type::text, .need = Need::required, .doc = "As in tokens.", .min = 1,
     .max = oauth::ScopeSet::token_bytes_max},
    {.name = "description", .type = Type::text, .need = Need::optional, .doc = "For consent.", .max = 500},
    {.name = "sensitivity", .type = Type::choice, .need = Need::optional, .doc = "For consent.",
     .choices = sensitivities},
    {.name = "parent", .type = Type::text, .need = Need::optional, .doc = "Holding it is holding this.", .min = 1,
     .max = 100},
    {.name = "acr", .type = Type::text, .need = Need::optional, .doc = "How the person must sign in for it.", .min = 1,
     .max = 100},
    {.name = "max_age_s", .type = Type::integer, .need = Need::optional, .doc = "How long ago at most.", .min = 0,
     .max = 31'536'000},
};
constexpr Field permission_members[] = {
    {.name = "resource", .type = Type::reference, .need = Need::required, .doc = "Of which resource.",
     .kinds = resource_kind},
    {.name = "scopes", .type = Type::texts, .need = Need::required, .doc = "Names or prefixes.", .min = 1, .max = 200},
};
constexpr Field acr_members[] = {
    {.name = "acr", .type = Type::text, .need = Need::required, .doc = "As in tokens.", .min = 1, .max = 200},
    {.name = "amr", .type = Type::texts, .need = Need::required, .doc = "All of them.", .min = 1, .max = 10},
};
// What signing in here can be (RFC 8176): a row that asks for more than these is reached by nobody.
constexpr std::array<std::string_view, 5> methods{"pwd", "otp", "mfa", "pop", "user"};
constexpr Field attribute_members[] = {
    {.name = "name", .type = Type::name, .need = Need::required, .doc = "Of the attribute.", .min = 1, .max = 100},
    {.name = "type", .type = Type::choice, .need = Need::optional, .doc = "Of its values.", .choices = attribute_types},
    {.name = "required", .type = Type::boolean, .need = Need::optional, .doc = "Must be there."},
    {.name = "unique", .type = Type::boolean, .need = Need::optional, .doc = "No two agents of the type share it."},
    {.name = "pattern", .type = Type::text, .need = Need::optional, .doc = "See directory/pattern.h.", .min = 1,
     .max = 200},
    {.name = "values", .type = Type::texts, .need = Need::optional, .doc = "Of an enum.", .min = 1, .max = 100},
    {.name = "credential", .type = Type::boolean, .need = Need::optional, .doc = "A secret: kept as its hash."},
};

std::string text_at(const json::value& object, std::string_view name) {
  return std::string(json_text(object.get_object(), name).value_or(""));
}

Problem check_each(const json::value& value, const std::string& path, std::int64_t max,
                   std::span<const Field> members) {
  if (auto problem = check_list(value, path, max)) return problem;
  std::size_t at = 0;
  for (const auto& one : value.get_array())
    if (auto problem = check_members(one, path + "/" + std::to_string(at++), members)) return problem;
  return std::nullopt;
}

Problem check_scopes(const json::value& value, const std::string& path, std::int64_t max) {
  if (auto problem = check_each(value, path, max, scope_members)) return problem;
  std::map<std::string, std::string> parents;
  for (const auto& one : value.get_array()) {
    const auto name = text_at(one, "name");
    if (!oauth::ScopeSet::is_token(name) || name.find('*') != std::string::npos)
      return wrong(path, "must name each scope in printable ASCII without space, quote, backslash or '*'");
    if (std::find(openid_scopes.begin(), openid_scopes.end(), name) != openid_scopes.end())
      return wrong(path, "must not define openid, profile, email or offline_access: they are this server's own");
    if (!parents.emplace(name, text_at(one, "parent")).second) return wrong(path, "names a scope twice");
  }
  for (const auto& [name, parent] : parents) {
    auto above = parent;
    for (std::size_t steps = 0; !above.empty(); ++steps) {
      const auto found = parents.find(above);
      if (found == parents.end()) return wrong(path, "names a parent that the list does not define");
      if (steps > parents.size() || above == name) return wrong(path, "makes a scope its own ancestor");
      above = found->second;
    }
  }
  return std::nullopt;
}

Problem check_permissions(const json::value& value, const std::string& path, std::int64_t max) {
  if (auto problem = check_each(value, path, max, permission_members)) return problem;
  for (const auto& one : value.get_array())
    for (const auto& scope : one.get_object().at("scopes").get_array()) {
      std::string_view text(scope.get_string());
      if (text.ends_with('*')) text.remove_suffix(1);
      if (text.find('*') != std::string_view::npos || (!text.empty() && !oauth::ScopeSet::is_token(text)))
        return wrong(path, "must name scopes, or prefixes that end in '*'");
    }
  return std::nullopt;
}

Problem check_acr_values(const json::value& value, const std::string& path, std::int64_t max) {
  if (auto problem = check_each(value, path, max, acr_members)) return problem;
  std::set<std::string> names;
  for (const auto& one : value.get_array()) {
    const auto name = text_at(one, "acr");
    if (!oauth::ScopeSet::is_token(name))
      return wrong(path, "must name each acr in printable ASCII without space or quote");
    if (!names.insert(name).second) return wrong(path, "names an acr twice");
    for (const auto& method : texts_of(one.get_object(), "amr"))
      if (std::find(methods.begin(), methods.end(), method) == methods.end())
        return wrong(path, "must ask for methods (amr) that people sign in by here: pwd, otp, mfa, pop, user");
  }
  return std::nullopt;
}

Problem check_schema(const json::value& value, const std::string& path, std::int64_t max) {
  if (auto problem = check_each(value, path, max, attribute_members)) return problem;
  std::set<std::string> names;
  for (const auto& one : value.get_array()) {
    const auto& attribute = one.get_object();
    const auto type = attribute.contains("type") ? text_at(one, "type") : "string";
    if (!names.insert(text_at(one, "name")).second) return wrong(path, "names an attribute twice");
    if ((type == "enum") != attribute.contains("values"))
      return wrong(path, "must have `values` for an enum, and for nothing else");
    if (attribute.contains("pattern") && type != "string")
      return wrong(path, "has a pattern for what is no string");
    const auto* credential = attribute.if_contains("credential");
    if (credential != nullptr && credential->get_bool() && type != "string")
      return wrong(path, "has a credential that is no string");
    if (attribute.contains("pattern") && !Pattern::parse(text_at(one, "pattern")))
      return wrong(path, "has a malformed pattern: send characters, `.`, `\\d`, `\\w` and classes like `[a-z_]`, each "
                         "with `?`, `*`, `+`, `{n}` or `{m,n}` behind it or none; it has no groups and no alternatives");
  }
  return std::nullopt;
}

// 2^53: from there on a number that is no integer of 64 bits may be kept as another than was sent, without a word.
constexpr double exact_max = 9007199254740992.0;

Problem check_attributes(const json::value& value, const std::string& path, std::int64_t max, const json::value* was) {
  if (!value.is_object()) return wrong(path, "must be an object");
  if (static_cast<std::int64_t>(value.get_object().size()) > max)
    return wrong(path, "may have at most " + std::to_string(max) + " members");
  for (const auto& [key, one] : value.get_object()) {
    const auto* stays = was != nullptr && was->is_object() ? was->get_object().if_contains(key) : nullptr;
    if (stays != nullptr && *stays == one) continue;
    if (key.empty() || key.size() > 100 || !is_printable(key, Lines::one))
      return wrong(path, "must name each attribute in 1 to 100 bytes, on one line, without control characters");
    if (one.is_string()) {
      if (auto problem = check_text(one, path, 0, 2000, Lines::many)) return problem;
    } else if (one.is_double() && std::abs(one.get_double()) >= exact_max) {
      return wrong(path, "may hold no number that is not kept exactly, of 2^53 and more: send it as a string");
    } else if (!one.is_number() && !one.is_bool()) {
      return wrong(path, "may hold strings, numbers and booleans only");
    }
  }
  return std::nullopt;
}

// Its event tells of it whole, what it was and what it is (64 KiB), and a key of 4,096 bits has 700 bytes.
constexpr std::size_t jwks_bytes_max = 16 * 1024;

// Only the form: whether the keys are keys is for those who verify with them. A private member never gets stored.
Problem check_jwks(const json::value& value, const std::string& path, std::int64_t max) {
  const auto* keys = value.is_object() ? json_member_array(value.get_object(), "keys") : nullptr;
  if (keys == nullptr || keys->empty() || static_cast<std::int64_t>(keys->size()) > max)
    return wrong(path, "must be a JWK Set: {\"keys\": [ … ]} with 1 to " + std::to_string(max) + " keys");
  for (const auto& key : *keys) {
    if (!key.is_object()) return wrong(path, "must hold objects as its keys");
    for (const auto* secret : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
      if (key.get_object().contains(secret))
        return wrong(path, "holds a private or symmetric key: send public keys only");
  }
  if (json::serialize(value).size() > jwks_bytes_max)
    return wrong(path, "must be at most 16 KiB of JSON: send the keys alone");
  return std::nullopt;
}

Problem check_integer(const json::value& value, const std::string& path, const Field& field) {
  const bool inside = value.is_int64() && value.get_int64() >= field.min && value.get_int64() <= field.max;
  if (inside) return std::nullopt;
  return wrong(path, "must be a whole number from " + std::to_string(field.min) + " to " + std::to_string(field.max));
}

Problem check_choice(const json::value& value, const std::string& path, const Field& field) {
  const auto is_choice = [&](std::string_view choice) { return value.is_string() && value.get_string() == choice; };
  if (std::any_of(field.choices.begin(), field.choices.end(), is_choice)) return std::nullopt;
  std::string list;
  for (const auto choice : field.choices) list.append(list.empty() ? "" : ", ").append(choice);
  return wrong(path, "must be one of: " + list);
}

Problem check_references(const json::value& value, const std::string& path, const Field& field) {
  if (auto problem = check_list(value, path, field.max)) return problem;
  std::set<std::string> seen;
  for (const auto& one : value.get_array()) {
    if (auto problem = check_reference(one, path, field.kinds)) return problem;
    if (!seen.emplace(one.get_string()).second) return wrong(path, "names an id twice");
  }
  return std::nullopt;
}

Problem check_texts(const json::value& value, const std::string& path, const Field& field) {
  if (auto problem = check_list(value, path, field.max)) return problem;
  if (static_cast<std::int64_t>(value.get_array().size()) < field.min) return wrong(path, "must not be empty");
  for (const auto& one : value.get_array())
    if (auto problem = check_text(one, path, 1, 200)) return problem;
  return std::nullopt;
}

Problem check_slug(const json::value& value, const std::string& path, const Field& field) {
  if (auto problem = check_text(value, path, field.min, field.max)) return problem;
  const std::string_view text(value.get_string());
  const auto legal = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (text.starts_with('-') || !std::all_of(text.begin(), text.end(), legal))
    return wrong(path, "may hold lower-case letters, digits and '-', and does not begin with '-'");
  return std::nullopt;
}

// Tokens and requests are compared with it as strings (RFC 3986 §6.2.1): stored in another spelling than was sent, it
// would not be found by the one that was.
constexpr auto one_spelling = "is compared as a string, so it has one spelling: scheme, host and a URN's namespace in "
                              "lower case, without the scheme's own port (443 of https, 80 of http)";

Problem check_uri(const json::value& value, const std::string& path, const Field& field) {
  if (auto problem = check_text(value, path, field.min, field.max)) return problem;
  const std::string_view text(value.get_string());
  const auto canonical = canonical_uri(text);
  if (!canonical)
    return wrong(path, "must be an absolute URI without fragment or user info: "
                       "https://…, http:// on loopback, or urn:…");
  return *canonical == text ? Problem() : wrong(path, one_spelling);
}

// Whether http is called is for the settings, which are asked where it is written.
Problem check_url(const json::value& value, const std::string& path, const Field& field) {
  if (auto problem = check_text(value, path, field.min, field.max)) return problem;
  if (!is_url(std::string_view(value.get_string())))
    return wrong(path, "must be a URL that can be fetched, without fragment or user info: https://…");
  return std::nullopt;
}

// What an answer adds to the query of a redirect URI (RFC 6749 §4.1.2, RFC 9207 §2), and a logout to its own.
constexpr std::string_view response_parameters[] = {"state", "code", "iss", "error", "error_description"};

Problem check_redirect_uris(const json::value& value, const std::string& path, const Field& field) {
  if (auto problem = check_list(value, path, field.max)) return problem;
  for (const auto& one : value.get_array()) {
    const std::string_view text = one.is_string() ? std::string_view(one.get_string()) : "";
    if (is_redirect_uri(text)) continue;
    if (const auto own = canonical_uri(text); own && is_redirect_uri(*own)) return wrong(path, one_spelling);
    return wrong(path, "must be https://…, http:// on loopback, or a scheme of the application's own with a dot; "
                       "without fragment, user info, dot segments or '*'");
  }
  const std::span all(response_parameters);
  const auto added = field.name == "redirect_uris" ? all : all.first(1);
  for (const auto& one : value.get_array())
    if (brings(std::string_view(one.get_string()), added))
      return wrong(path, "must not bring what the answer adds to the query: state, code, iss, error or "
                         "error_description");
  return std::nullopt;
}

Problem check_scope(const json::value& value, const std::string& path, const Field& field) {
  if (auto problem = check_text(value, path, field.min, field.max)) return problem;
  if (!oauth::ScopeSet::parse(std::string_view(value.get_string())))
    return wrong(path, "must be scopes of at most 100 bytes between single spaces, at most 256");
  return std::nullopt;
}

}  // namespace

Problem check_value(const Field& field, const json::value& value, const std::string& path, const json::value* before) {
  switch (field.type) {
    case Type::text:
      if (field.name == "email" && value.is_string() && !is_addr_spec(std::string_view(value.get_string())))
        return wrong(path, "must be an address like ada@example.com, in ASCII and without quotes");
      return check_words(value, path, field);
    case Type::name: return check_name(value, path, field);
    case Type::slug: return check_slug(value, path, field);
    case Type::uri: return check_uri(value, path, field);
    case Type::url: return check_url(value, path, field);
    case Type::integer: return check_integer(value, path, field);
    case Type::boolean: return value.is_bool() ? Problem() : wrong(path, "must be true or false");
    case Type::instant:
      if (value.is_string() && parse_rfc3339(std::string_view(value.get_string()))) return std::nullopt;
      return wrong(path, "must be a time as 2026-11-24T06:00:00Z (RFC 3339)");
    case Type::choice: return check_choice(value, path, field);
    case Type::reference: return check_reference(value, path, field.kinds);
    case Type::references: return check_references(value, path, field);
    case Type::texts: return check_texts(value, path, field);
    case Type::attributes: return check_attributes(value, path, field.max, before);
    case Type::scopes: return check_scopes(value, path, field.max);
    case Type::permissions: return check_permissions(value, path, field.max);
    case Type::acr_values: return check_acr_values(value, path, field.max);
    case Type::schema: return check_schema(value, path, field.max);
    case Type::jwks: return check_jwks(value, path, field.max);
    case Type::redirect_uris: return check_redirect_uris(value, path, field);
    case Type::scope: return check_scope(value, path, field);
    case Type::detail_types: return check_detail_types(value, path, field.max);
  }
  return wrong(path, "is of no known type");
}

}  // namespace deputy::directory
