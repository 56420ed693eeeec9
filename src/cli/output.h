// Output: tables for people; JSON or YAML for scripts.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace deputy::cli {

enum class Format { table, json, yaml };

using Columns = std::vector<std::string>;

// One record: its members a line each.
void show_record(std::ostream& out, Format format, const json::object& record);
// A list of objects: the columns named, in a table; every member, for a script. A column may be dotted ("actor.id").
void show_list(std::ostream& out, Format format, const json::array& items, const Columns& columns);
// The same piece by piece, each written as it comes: a column of a table is as wide as what has stood in it so far.
class ListWriter {
 public:
  ListWriter(std::ostream& out, Format format, Columns columns)
      : out_(out), format_(format), columns_(std::move(columns)) {}
  void add(const json::array& items);
  void end();  // a list that was not ended is no JSON

 private:
  std::ostream& out_;
  Format format_;
  Columns columns_;
  std::vector<std::size_t> widths_;
  bool begun_ = false;
};

// A value in one cell: text as it is (control characters made visible), lists with commas, objects as JSON.
std::string cell(const json::value& value);
// The same JSON, or YAML whose plain text is ASCII, with what steers a terminal escaped (A40): it stands in quoted text
// only, so it is read as before.
std::string escaped(std::string_view text);
// Indented by two spaces, members in their order; escaped.
std::string pretty_json(const json::value& value);
// How many columns of a terminal the text takes: two for a character of East Asian width, none for a mark that is set
// on another.
std::size_t width(std::string_view text);

}  // namespace deputy::cli
