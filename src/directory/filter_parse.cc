// Reading a filter: recursive descent over one short line.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "directory/filter.h"
#include "directory/instant.h"

namespace deputy::directory {
namespace {

Fail<FieldProblem> wrong(std::string sentence) { return Fail{FieldProblem{"filter", std::move(sentence)}}; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; }

bool same_word(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [&](char a, char b) { return lower(a) == b; });
}

// RFC 7644 §3.4.2.2: names of attributes are matched without regard to case; all of our own are in lower case.
std::string with_lower_field(std::string_view path) {
  std::string text(path);
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(path.find('.'), path.size()));
  std::transform(text.begin(), end, text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return text;
}

bool is_path(std::string_view text) {
  return !text.empty() && is_letter(text.front()) && !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

// A number has one form here, so that two filters that ask the same are the same: whole ones are int64 where they fit.
std::optional<json::value> number_in(std::string_view text) {
  if (!parse_json(text)) return std::nullopt;  // its grammar is narrower than from_chars'
  const auto* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole); read.ec == std::errc() && read.ptr == end)
    return json::value(whole);
  double number = 0;
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  constexpr double limit = 9223372036854775808.0;  // 2^63: below it in size, a whole double is an int64 exactly
  if (std::trunc(number) == number && std::abs(number) < limit) return json::value(static_cast<std::int64_t>(number));
  return json::value(number);
}

}  // namespace

class Filter::Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Filter, FieldProblem> whole() {
    TRY(auto root, disjunction(0));
    spaces();
    if (!rest_.empty()) return wrong("must join its comparisons by `and` or `or`, and close what it opens");
    CHECK(root + 1 == filter_.nodes_.size());
    return std::move(filter_);
  }

 private:
  using Index = Result<std::size_t, FieldProblem>;

  void spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

  std::string_view peek() {
    spaces();
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_word);
    return rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
  }

  bool take(std::string_view word) {
    const auto next = peek();
    if (!same_word(next, word)) return false;
    rest_.remove_prefix(next.size());
    return true;
  }

  std::size_t add(Node node) {
    filter_.nodes_.push_back(std::move(node));
    return filter_.nodes_.size() - 1;
  }
  std::size_t join(Operator op, std::size_t left, std::size_t right) {
    return add({.op = op, .path = {}, .value = {}, .instant = {}, .left = left, .right = right});
  }

  Index disjunction(std::size_t depth) {
    TRY(auto left, conjunction(depth));
    while (take("or")) {
      TRY(auto right, conjunction(depth));
      left = join(Operator::or_, left, right);
    }
    return left;
  }

  Index conjunction(std::size_t depth) {
    TRY(auto left, term(depth));
    while (take("and")) {
      TRY(auto right, term(depth));
      left = join(Operator::and_, left, right);
    }
    return left;
  }

  Index term(std::size_t depth) {
    const bool negated = take("not");
    spaces();
    if (rest_.starts_with('(')) {
      if (depth == depth_max) return wrong("must not nest deeper than " + std::to_string(depth_max));
      rest_.remove_prefix(1);
      TRY(auto inner, disjunction(depth + 1));
      spaces();
      if (!rest_.starts_with(')')) return wrong("must close what it opens: a `)` is missing");
      rest_.remove_prefix(1);
      return negated ? join(Operator::not_, inner, 0) : inner;
    }
    if (negated) return wrong("must have parentheses after `not`");
    return comparison();
  }

  Index comparison() {
    if (++comparisons_ > comparisons_max)
      return wrong("must have at most " + std::to_string(comparisons_max) + " comparisons");
    const auto path = peek();
    if (!is_path(path)) return wrong("must name a field before each comparison, such as owner or attributes.team");
    rest_.remove_prefix(path.size());
    Node node{.op = Operator::pr, .path = with_lower_field(path), .value = {}, .instant = {}, .left = 0, .right = 0};
    const auto name = peek();
    rest_.remove_prefix(name.size());
    while (!same_word(name, word(node.op))) {
      if (node.op == Operator::le) return wrong("must compare by eq, ne, co, sw, gt, ge, lt, le or pr");
      node.op = static_cast<Operator>(static_cast<int>(node.op) + 1);
    }
    if (node.op == Operator::pr) return add(std::move(node));
    TRY(auto wanted, value());
    node.value = std::move(wanted);
    const bool is_order = node.op != Operator::eq && node.op != Operator::ne;
    const bool is_part = node.op == Operator::co || node.op == Operator::sw;
    if ((node.value.is_bool() && is_order) || (node.value.is_number() && is_part))
      return wrong("must ask eq or ne of true and false, and co and sw of strings only");
    if (node.value.is_string() && !is_part)
      node.instant = parse_rfc3339(std::string_view(node.value.get_string()));
    return add(std::move(node));
  }

  Result<json::value, FieldProblem> value() {
    spaces();
    if (rest_.starts_with('"')) return string();
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), [](char c) { return is_word(c) || c == '+'; });
    const auto token = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(token.size());
    if (token == "true" || token == "false") return json::value(token == "true");
    if (auto number = number_in(token)) return std::move(*number);
    return wrong("must compare with a string in double quotes, a number, true or false");
  }

  Result<json::value, FieldProblem> string() {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) return wrong("must close its strings: a double quote is missing");
    auto text = parse_json(rest_.substr(0, end + 1));
    if (!text || !text->is_string()) return wrong("must write its strings as JSON does");
    rest_.remove_prefix(end + 1);
    return std::move(text).take();
  }

  std::string_view rest_;
  Filter filter_;
  std::size_t comparisons_ = 0;
};

Result<Filter, FieldProblem> Filter::parse(std::string_view text) {
  const auto too_long = [] { return wrong("must be at most " + std::to_string(bytes_max) + " bytes long"); };
  if (text.size() > bytes_max) return too_long();
  TRY(auto filter, Parser(text).whole());
  if (filter.text().size() > bytes_max) return too_long();  // escapes can grow: what is printed must be readable again
  return filter;
}

}  // namespace deputy::directory
