// Tables, JSON and YAML on a stream.
#include "cli/output.h"

#include <fmt/format.h>
#include <locale.h>
#include <wchar.h>

#include <ostream>

#include "base/encoding.h"
#include "base/visible.h"
#include "client/refusal.h"
#include "cli/yaml.h"

namespace deputy::cli {
namespace {

void append_pretty(std::string& out, const json::value& value, std::size_t level) {
  const auto indent = [&](std::size_t deep) { out += "\n" + std::string(deep * 2, ' '); };
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& [name, member] : *object) {
      if (!std::exchange(first, false)) out += ',';
      indent(level + 1);
      append_json_string(out, name);
      out += ": ";
      append_pretty(out, member, level + 1);
    }
    indent(level);
    out += '}';
  } else if (const auto* list = value.if_array(); list != nullptr && !list->empty()) {
    out += '[';
    bool first = true;
    for (const json::value& item : *list) {
      if (!std::exchange(first, false)) out += ',';
      indent(level + 1);
      append_pretty(out, item, level + 1);
    }
    indent(level);
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

const json::value* member(const json::object& object, std::string_view path) {
  const auto dot = path.find('.');
  const json::value* found = object.if_contains(path.substr(0, dot));
  if (found == nullptr || dot == std::string_view::npos) return found;
  const json::object* inner = found->if_object();
  return inner == nullptr ? nullptr : member(*inner, path.substr(dot + 1));
}

std::string padded(std::string_view text, std::size_t to) {
  return std::string(text) + std::string(to > width(text) ? to - width(text) : 0, ' ');
}

// Below rows of these widths, none of which becomes less.
void show_rows(std::ostream& out, const std::vector<std::vector<std::string>>& rows,
               std::vector<std::size_t>& widths) {
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += padded(row[i], widths[i]) + "  ";
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

// A row; of a list of sentences, with commas of their own, a row each.
void append_rows(std::vector<std::vector<std::string>>& rows, std::string name, const json::value& value) {
  const auto* list = value.if_array();
  const auto is_sentence = [](const json::value& item) {
    return item.is_string() && std::string_view(item.get_string()).find(", ") != std::string_view::npos;
  };
  if (list == nullptr || std::none_of(list->begin(), list->end(), is_sentence)) {
    if (!value.is_null()) rows.push_back({std::move(name), cell(value)});
    return;
  }
  for (const json::value& item : *list) rows.push_back({std::exchange(name, ""), cell(item)});
}

std::string heading(std::string_view column) {
  std::string text(column);
  for (char& letter : text) letter = letter == '_' || letter == '.' ? ' ' : static_cast<char>(std::toupper(letter));
  return text;
}

}  // namespace

std::size_t width(std::string_view text) {
  if (!is_utf8(text)) return text.size();
  // Whatever language the person's is: the widths are Unicode's. Where the system lacks the locale, all count one.
  static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", static_cast<locale_t>(nullptr));
  const locale_t before = unicode == nullptr ? nullptr : uselocale(unicode);
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto point = static_cast<wchar_t>(take_code_point(text));
    const int taken = before == nullptr ? 1 : wcwidth(point);
    columns += taken < 0 ? 1 : static_cast<std::size_t>(taken);
  }
  if (before != nullptr) uselocale(before);
  return columns;
}

std::string cell(const json::value& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return client::printable(value.get_string());
  if (const auto* list = value.if_array()) {
    std::string text;
    for (const json::value& item : *list) text += (text.empty() ? "" : ", ") + cell(item);
    return text;
  }
  return client::printable(json::serialize(value));
}

std::string escaped(std::string_view text) {
  if (!is_utf8(text)) return std::string(text);  // a file's name, typed here: no server's words are anything else
  std::string out;
  while (!text.empty()) {
    const auto before = text;
    const auto point = static_cast<std::uint32_t>(take_code_point(text));
    // A field may hold a mark of direction, which turns nothing but its neighbours; a script sees it all the same.
    const bool mark = point == 0x61c || point == 0x200e || point == 0x200f;
    const bool no_yaml = point == 0xfeff || point == 0xfffe || point == 0xffff;  // YAML 1.2 §5.1
    if (point >= 0x7f && (is_steering(point) || mark || no_yaml))
      out += fmt::format("\\u{:04x}", point);
    else
      out += before.substr(0, before.size() - text.size());
  }
  return out;
}

std::string pretty_json(const json::value& value) {
  std::string out;
  append_pretty(out, value, 0);
  return escaped(out);
}

void show_record(std::ostream& out, Format format, const json::object& record) {
  if (format == Format::json) {
    out << pretty_json(record) << '\n';
  } else if (format == Format::yaml) {
    out << to_yaml(record);
  } else {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, value] : record) append_rows(rows, client::printable(name), value);
    std::vector<std::size_t> widths;
    show_rows(out, rows, widths);
  }
}

void show_list(std::ostream& out, Format format, const json::array& items, const Columns& columns) {
  ListWriter writer(out, format, columns);
  writer.add(items);
  writer.end();
}

void ListWriter::add(const json::array& items) {
  if (format_ == Format::yaml && !items.empty()) {
    out_ << to_yaml(items);
    begun_ = true;
  } else if (format_ == Format::json) {
    for (const json::value& item : items) {
      std::string text = std::exchange(begun_, true) ? ",\n  " : "[\n  ";
      append_pretty(text, item, 1);
      out_ << escaped(text);
    }
  } else if (format_ == Format::table) {
    std::vector<std::vector<std::string>> rows;
    if (!std::exchange(begun_, true)) {
      rows.emplace_back();
      for (const auto& column : columns_) rows.back().push_back(heading(column));
    }
    for (const json::value& item : items) {
      const json::object* object = item.if_object();
      if (object == nullptr) continue;
      auto& row = rows.emplace_back();
      for (const auto& column : columns_) {
        const json::value* found = member(*object, column);
        row.push_back(found == nullptr ? "" : cell(*found));
      }
    }
    show_rows(out_, rows, widths_);
  }
}

void ListWriter::end() {
  if (format_ == Format::json) out_ << (begun_ ? "\n]\n" : "[]\n");
  else if (format_ == Format::yaml && !begun_) out_ << to_yaml(json::array());
  else if (format_ == Format::table && !begun_) add({});
}

}  // namespace deputy::cli
