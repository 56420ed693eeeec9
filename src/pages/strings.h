// Strings: every sentence a person reads, in each language there is. A sentence that is not in the catalogue does not
// compile.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "pages/catalogue.h"
#include "pages/html.h"

namespace deputy::pages {

enum class Language { en, zh };
// By `ui_locales` (OpenID Connect Core §3.1.2.1) first, then Accept-Language (RFC 9110 §12.5.4); English else.
Language language_of(std::string_view ui_locales, std::string_view accept_language);

// A sentence by its English text. {0}, {1} stand for what is put in.
class Phrase {
 public:
  consteval Phrase(const char* english) : row_(catalogue.size()) {
    for (std::size_t i = 0; i < catalogue.size(); ++i)
      if (catalogue[i].en == english) row_ = i;
    if (row_ == catalogue.size()) throw "no such sentence in pages/catalogue.h";
  }
  std::string_view in(Language language) const {
    return language == Language::zh ? catalogue[row_].zh : catalogue[row_].en;
  }

 private:
  std::size_t row_;
};

// Whose pages these are: what people call the tenant, and its id where that is another word. Empty: the default's.
struct House {
  std::string name, id;
};

// A language that speaks: say("Sign in").
class Speaker {
 public:
  // `now`: how far off times are is told beside them; none: it is not.
  explicit Speaker(Language language, std::optional<Instant> now = {}, House house = {})
      : language_(language), now_(now), house_(std::move(house)) {}
  std::string operator()(Phrase phrase) const { return std::string(phrase.in(language_)); }
  Html operator()(Phrase phrase, std::initializer_list<Html> put_in) const;
  // "24 Nov 2026, 14:05 UTC", within a time element, and "(2 hours ago)" or "(in 59 minutes)".
  Html when(Instant at) const;
  Html exact(Instant at) const;  // the time alone, where what is said around it tells how far off it is
  std::string_view tag() const { return language_ == Language::zh ? "zh-Hans" : "en"; }
  const House& house() const { return house_; }

 private:
  Html how_far(Instant at) const;

  Language language_;
  std::optional<Instant> now_;
  House house_;
};

}  // namespace deputy::pages
