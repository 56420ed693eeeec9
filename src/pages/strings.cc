// Choosing a language, and putting values into its sentences.
#include "pages/strings.h"

#include <array>
#include <chrono>
#include <optional>

namespace deputy::pages {
namespace {

std::optional<Language> language_tagged(std::string_view tag) {
  while (tag.starts_with(' ')) tag.remove_prefix(1);
  while (tag.ends_with(' ')) tag.remove_suffix(1);
  const auto is = [&](std::string_view wanted) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    return tag.size() >= 2 && lower(tag[0]) == wanted[0] && lower(tag[1]) == wanted[1] &&
           (tag.size() == 2 || tag[2] == '-');
  };
  if (is("zh")) return Language::zh;
  if (is("en")) return Language::en;
  return std::nullopt;
}

// "0.8" as 800; 1000 where there is none; what is malformed counts as nothing (RFC 9110 §12.4.2).
int weight_of(std::string_view parameters) {
  const auto at = parameters.find("q=");
  if (at == std::string_view::npos) return 1000;
  const auto text = parameters.substr(at + 2, 5);
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
  int weight = (text[0] - '0') * 1000;
  if (text.size() < 2 || text[1] != '.') return weight;
  int place = 100;
  for (const char c : text.substr(2)) {
    if (c < '0' || c > '9') break;
    weight += (c - '0') * place;
    place /= 10;
  }
  return weight;
}

// Does the text end so, whatever elements are around it?
bool text_ends_with(std::string_view markup, std::string_view end) {
  while (markup.ends_with('>')) markup = markup.substr(0, markup.rfind('<'));
  return markup.ends_with(end);
}

}  // namespace

Language language_of(std::string_view ui_locales, std::string_view accept_language) {
  while (!ui_locales.empty()) {
    const auto tag = ui_locales.substr(0, ui_locales.find(' '));
    if (const auto language = language_tagged(tag)) return *language;
    ui_locales.remove_prefix(std::min(ui_locales.size(), tag.size() + 1));
  }
  auto best = Language::en;
  int heaviest = 0;
  while (!accept_language.empty()) {
    const auto range = accept_language.substr(0, accept_language.find(','));
    accept_language.remove_prefix(std::min(accept_language.size(), range.size() + 1));
    const auto semicolon = std::min(range.find(';'), range.size());
    const auto language = language_tagged(range.substr(0, semicolon));
    const int weight = weight_of(range.substr(semicolon));
    if (!language || weight <= heaviest) continue;
    best = *language;
    heaviest = weight;
  }
  return best;
}

Html Speaker::operator()(Phrase phrase, std::initializer_list<Html> put_in) const {
  Html html;
  for (auto rest = phrase.in(language_); !rest.empty();) {
    const auto open = std::min(rest.find('{'), rest.size());
    html.add(Html(rest.substr(0, open)));
    rest.remove_prefix(open);
    if (rest.size() < 3) break;
    const auto which = static_cast<std::size_t>(rest[1] - '0');
    rest.remove_prefix(3);
    if (which >= put_in.size()) continue;
    const auto& value = put_in.begin()[which];
    html.add(value);
    if (rest == "." && text_ends_with(value.markup(), ".")) break;  // "Alice F." ends the sentence too
    // A full-width bracket has its space within it.
    if (rest.starts_with(' ') && text_ends_with(value.markup(), "）")) rest.remove_prefix(1);
  }
  return html;
}

Html Speaker::when(Instant at) const {
  if (!now_) return exact(at);
  return all({exact(at), language_ == Language::zh ? "" : " ", how_far(at)});
}

Html Speaker::exact(Instant at) const {
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto stamp = rfc3339(at);  // "2026-11-24T06:03:47.123Z"
  const auto year = stamp.substr(0, 4), clock = stamp.substr(11, 5) + " UTC";
  const int month = std::stoi(stamp.substr(5, 2)), day = std::stoi(stamp.substr(8, 2));
  std::string text;
  if (language_ == Language::zh)
    text = year + "年" + std::to_string(month) + "月" + std::to_string(day) + "日 " + clock;
  else
    text = std::to_string(day) + " " + months[static_cast<std::size_t>(month - 1) % 12] + " " + year + ", " + clock;
  return el("time", {{"datetime", stamp}}, {text});
}

// Whoever lives elsewhere than in UTC reads this. From two of each unit on, so that none needs a singular.
Html Speaker::how_far(Instant at) const {
  const bool past = at <= *now_;
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(past ? *now_ - at : at - *now_).count();
  const auto put = [&](Phrase ago, Phrase ahead, auto number) {
    return (*this)(past ? ago : ahead, {std::to_string(number)});
  };
  if (minutes < 2) return put("(a moment ago)", "(in a moment)", 0);
  if (minutes < 2 * 60) return put("({0} minutes ago)", "(in {0} minutes)", minutes);
  if (minutes < 48 * 60) return put("({0} hours ago)", "(in {0} hours)", minutes / 60);
  return put("({0} days ago)", "(in {0} days)", minutes / (24 * 60));
}

}  // namespace deputy::pages
