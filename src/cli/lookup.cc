// Ids are taken as they are; names and client_ids go to the server as filters.
#include "cli/lookup.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/id.h"
#include "directory/check_value.h"
#include "directory/noun.h"

namespace deputy::cli {
namespace {

std::string spoken(Kind kind) {
  std::string name(directory::row(kind).name);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string id_of(const json::value& item) {
  const json::object* object = item.if_object();
  return object == nullptr ? std::string() : text_of(*object, "id");
}

std::string list_of(std::span<const Kind> kinds) {
  std::string text;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (i > 0) text += i + 1 == kinds.size() ? " or " : ", ";
    text += spoken(kinds[i]);
  }
  return text;
}

// "user/alice": which kind the text names, if it is one of these; a URI's "https:" is none.
std::optional<Kind> kind_before_slash(std::span<const Kind> kinds, std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto kind = kind_named(text.substr(0, slash));
  if (!kind || std::find(kinds.begin(), kinds.end(), *kind) == kinds.end()) return std::nullopt;
  return kind;
}

bool is_id_of(Kind kind, std::string_view text) {
  const auto& row = directory::row(kind);
  return !row.prefix.empty() && is_id(row.prefix, text);
}

// The filter by which the server finds who bears this name. An identifier is a URI, and so none is "deputy".
std::string filter_for(Kind kind, const std::vector<Kind>& kinds, const std::string& name) {
  if (kind == Kind::resource && kinds.size() == 1 && name == kOwnApi) return "built_in eq true";
  return equals(key_field(kind), name);
}

// Those who bear the name; of clients also whose client_id it is. That is asked for by itself: a filter with `or` is
// answered by no index.
Result<json::array, client::Refusal> bearers(client::Api& api, Kind kind, const std::vector<Kind>& kinds,
                                             const std::string& name) {
  TRY(json::array items, api.list(path_of(kind), {{"filter", filter_for(kind, kinds, name)}}));
  const auto* noun = directory::noun_of(kind);
  const auto* client_id = noun == nullptr ? nullptr : noun->field("client_id");
  if (client_id == nullptr || directory::check_value(*client_id, json::value(name), "")) return items;
  TRY(const json::array clients, api.list(path_of(kind), {{"filter", equals("client_id", name)}}));
  for (const json::value& client : clients)
    if (std::none_of(items.begin(), items.end(), [&](const auto& item) { return id_of(item) == id_of(client); }))
      items.push_back(client);
  return items;
}

// Of a name: who bears it, and which kinds were asked or may not be read.
struct Answers {
  std::vector<Found> found;
  std::vector<Kind> asked, hidden;
  std::optional<client::Refusal> why;  // the first of the kinds may not be read
};

// Where several kinds are possible, one that the caller may not read hides nobody of another.
Result<Answers, Failure> ask(client::Api& api, const std::vector<Kind>& kinds, const std::string& name) {
  Answers answers;
  for (const Kind kind : kinds) {
    const auto* noun = directory::noun_of(kind);
    if (kind != Kind::tenant && (noun == nullptr || noun->field(key_field(kind)) == nullptr))
      return misuse(fmt::format("{} is named by its id; see `deputy {} list`", with_article(kind), spoken(kind)));
    const auto items = bearers(api, kind, kinds, name);
    if (!items && items.error().status != 403) return Fail{Failure(items.error())};
    (items ? answers.asked : answers.hidden).push_back(kind);
    if (!items && !answers.why) answers.why = items.error();
    if (items)
      for (const json::value& item : *items) answers.found.push_back({kind, id_of(item)});
  }
  return answers;
}

Failure nobody(const Answers& answers, const std::string& name) {
  if (answers.asked.empty()) {  // an id is not asked for
    Failure failure(*answers.why);
    failure.sentence += "; name it by its id";
    return failure;
  }
  std::string sentence = none_called(answers.asked, name);
  for (std::size_t i = 0; i < answers.hidden.size(); ++i)
    sentence += (i == 0 ? ", and you may not read " : " and ") + plural_of(answers.hidden[i]);
  if (!answers.hidden.empty()) sentence += ": of those, name one by its id";
  return Failure(Exit::refused, std::move(sentence));
}

}  // namespace

std::string_view key_field(Kind kind) {
  switch (kind) {
    case Kind::resource: return "identifier";
    case Kind::user: return "username";
    case Kind::trusted_issuer: return "issuer";
    case Kind::tenant: return "id";
    default: return "name";
  }
}

std::string_view named_by(Kind kind) {
  const auto* noun = directory::noun_of(kind);
  return noun != nullptr && noun->field("client_id") != nullptr ? "Its id, its name or its client_id."
                                                                : "Its id or its name.";
}

std::string with_article(Kind kind) {
  const std::string name = spoken(kind);
  return (std::string_view("aeio").find(name.front()) == std::string_view::npos ? "a " : "an ") + name;
}

std::string plural_of(Kind kind) {
  std::string plural(directory::row(kind).plural);
  std::replace(plural.begin(), plural.end(), '-', ' ');
  return plural;
}

std::optional<Kind> kind_named(std::string_view word) {
  std::string name(word);
  std::replace(name.begin(), name.end(), '-', '_');
  for (const auto& row : directory::kinds)
    if (row.name == name) return row.kind;
  return std::nullopt;
}

std::string uri_of(const client::Api& api, const std::string& resource) {
  return resource == kOwnApi ? api.issuer() + "/v1" : resource;
}

std::string path_of(Kind kind) { return "/" + std::string(directory::row(kind).plural); }
std::string path_of(Kind kind, std::string_view id) { return path_of(kind) + "/" + percent_encode(id); }

std::string none_called(std::span<const Kind> kinds, const std::string& name) {
  return fmt::format("there is no {} called \"{}\" within your reach", list_of(kinds), client::printable(name));
}

std::string equals(std::string_view field, std::string_view value) {
  std::string filter(field);
  filter += " eq ";
  append_json_string(filter, value);
  return filter;
}

Result<Found, Failure> find(client::Api& api, std::span<const Kind> kinds, const std::string& text) {
  for (const Kind kind : kinds)
    if (is_id_of(kind, text)) return Found{kind, text};
  std::string name = text;
  std::vector<Kind> asked(kinds.begin(), kinds.end());
  if (const auto kind = kind_before_slash(kinds, text)) {
    asked = {*kind};
    name = text.substr(text.find('/') + 1);
    if (is_id_of(*kind, name)) return Found{*kind, name};
  }
  TRY(const Answers answers, ask(api, asked, name));
  const auto& found = answers.found;
  if (found.size() == 1) return found.front();
  if (found.empty()) return Fail{nobody(answers, name)};
  std::string ids;
  for (const auto& one : found) ids += (ids.empty() ? "" : ", ") + one.id;
  return refuse(fmt::format("\"{}\" names {} records: {}; say which by its id", client::printable(name), found.size(),
                            ids));
}

Result<std::string, Failure> find(client::Api& api, Kind kind, const std::string& text) {
  TRY(Found found, find(api, std::span(&kind, 1), text));
  return found.id;
}

Result<json::object, Failure> read(client::Api& api, Kind kind, const std::string& text) {
  TRY(const std::string id, find(api, kind, text));
  TRY(json::object document, api.get(path_of(kind, id)));
  return document;
}

}  // namespace deputy::cli
