// yaml-cpp's nodes into JSON values, and JSON values into YAML text.
#include "cli/yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <utility>

#include "cli/output.h"

namespace deputy::cli {
namespace {

constexpr int kDepthMax = 32;
constexpr std::size_t kNodesMax = 200'000;
constexpr std::size_t kPathMax = 256;  // what is further in is told by what is around it

struct Reader {
  std::size_t nodes = 0;
  YamlLines lines;  // of the document that is read

  // The path of a member or item, whose line is noted.
  std::string step(const std::string& path, const std::string& name, const YAML::Node& node) {
    auto longer = path.empty() ? name : path + "/" + name;
    if (longer.size() > kPathMax) return path;
    lines.emplace(longer, node.Mark().line + 1);
    return longer;
  }

  static Fail<YamlProblem> wrong(const YAML::Node& node, std::string sentence) {
    return Fail{YamlProblem{node.Mark().line + 1, std::move(sentence)}};
  }

  static json::value scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (node.Tag() == "!") return json::value(text);  // quoted: text, whatever it looks like
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    const auto number = number_in(text);
    return number ? *number : json::value(text);
  }

  Result<json::value, YamlProblem> value(const YAML::Node& node, int depth, const std::string& path = {}) {
    if (depth > kDepthMax) return wrong(node, "nested too deeply");
    if (++nodes > kNodesMax) return wrong(node, "too large; split the file");  // aliases multiply: count what they give
    const std::string& tag = node.Tag();
    if (!tag.empty() && tag != "!" && tag != "?") return wrong(node, "tags are not used here; take the tag out");
    switch (node.Type()) {
      case YAML::NodeType::Sequence: {
        json::array list;
        for (const auto& item : node) {
          const auto at = step(path, std::to_string(list.size()), item);
          TRY(json::value member, value(item, depth + 1, at));
          list.push_back(std::move(member));
        }
        return json::value(std::move(list));
      }
      case YAML::NodeType::Map: {
        json::object object;
        for (const auto& entry : node) {
          const YAML::Node &key = entry.first, &item = entry.second;
          if (!key.IsScalar()) return wrong(key, "a key must be text");
          if (object.contains(key.Scalar())) return wrong(key, "this key stands twice");
          const auto at = step(path, key.Scalar(), key);
          TRY(json::value member, value(item, depth + 1, at));
          object[key.Scalar()] = std::move(member);
        }
        return json::value(std::move(object));
      }
      case YAML::NodeType::Scalar: return scalar(node);
      default: return json::value(nullptr);
    }
  }
};

template <typename Number>
std::optional<json::value> whole(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return json::value(number);
}

// RFC 8259 §6: a whole part without zeros in front, then a fraction, an exponent, or both.
bool is_json_number(std::string_view text) {
  const auto digits = [&] {
    const auto count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  if (const auto count = digits(); count == 0 || (zero && count > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

// With a fraction or an exponent that readers of YAML 1.1 know too: 1.5, 2.0, 1e+300.
std::string fraction_text(double number) {
  char letters[32];
  const auto [end, error] = std::to_chars(std::begin(letters), std::end(letters), number);
  std::string text(letters, end);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

// True for text that, unquoted, is read back as the same text.
bool is_plain(std::string_view text) {
  if (text.empty() || text.size() > 200) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!letter(text.front()) || text.back() == ' ' || text.back() == ':') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (letter(c) || (c >= '0' && c <= '9') || std::string_view("_-./@+").find(c) != std::string_view::npos) continue;
    if (c == ' ' && text[i + 1] != '#') continue;
    if (c == ':' && text[i + 1] != ' ') continue;
    return false;
  }
  std::string lower(text);
  for (char& c : lower) c = (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
  for (const auto* word : {"null", "true", "false", "yes", "no", "on", "off", "y", "n"})  // YAML 1.1's words too
    if (lower == word) return false;
  return true;
}

void append_text(std::string& out, std::string_view text) {
  if (is_plain(text))
    out += text;
  else
    append_json_string(out, text);
}

void append(std::string& out, const json::value& value, int level, bool in_list);

void append_members(std::string& out, const json::object& object, int level, bool in_list) {
  bool first = in_list;  // the first member stands on the line of its dash
  for (const auto& [name, member] : object) {
    if (!first) out.append(static_cast<std::size_t>(level) * 2, ' ');
    first = false;
    append_text(out, name);
    out += ':';
    append(out, member, level + 1, false);
  }
}

void append(std::string& out, const json::value& value, int level, bool in_list) {
  const auto lead = [&] { out += in_list ? "" : " "; };
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    if (!in_list) out += '\n';
    append_members(out, *object, level, in_list);
  } else if (const auto* list = value.if_array(); list != nullptr && !list->empty()) {
    if (!in_list) out += '\n';
    bool first = in_list;
    for (const json::value& item : *list) {
      if (!first) out.append(static_cast<std::size_t>(level) * 2, ' ');
      first = false;
      out += "- ";
      append(out, item, level + 1, true);
    }
  } else {
    lead();
    if (value.is_string())
      append_text(out, value.get_string());
    else if (value.is_double())
      out += fraction_text(value.get_double());
    else
      out += json::serialize(value);
    out += '\n';
  }
}

}  // namespace

std::optional<json::value> number_in(std::string_view text) {
  if (!is_json_number(text)) return std::nullopt;
  for (const auto& number : {whole<std::int64_t>(text), whole<std::uint64_t>(text)})
    if (number && json::serialize(*number) == text) return number;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const json::value value(number);
  const bool written_so = text == fraction_text(number) || text == json::serialize(value);  // in YAML, in JSON
  return written_so ? std::optional(value) : std::nullopt;
}

Result<std::vector<YamlDocument>, YamlProblem> parse_yaml(const std::string& text) {
  try {
    std::vector<YamlDocument> documents;
    Reader reader;
    for (const YAML::Node& node : YAML::LoadAll(text)) {
      if (!node.IsDefined() || node.IsNull()) continue;
      TRY(json::value value, reader.value(node, 0));
      documents.push_back({node.Mark().line + 1, std::move(value), std::exchange(reader.lines, {})});
    }
    return documents;
  } catch (const YAML::Exception& wrong) {
    return Fail{YamlProblem{wrong.mark.line + 1, wrong.msg}};
  }
}

int line_of(const YamlLines& lines, std::string path, int otherwise) {
  for (;;) {
    if (const auto found = lines.find(path); found != lines.end()) return found->second;
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return otherwise;
    path.resize(slash);
  }
}

std::string to_yaml(const json::value& value) {
  std::string out;
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    append_members(out, *object, 0, false);
  } else if (const auto* list = value.if_array(); list != nullptr && !list->empty()) {
    for (const json::value& item : *list) {
      out += "- ";
      append(out, item, 1, true);
    }
  } else {
    append(out, value, 0, true);
  }
  return escaped(out);
}

}  // namespace deputy::cli
