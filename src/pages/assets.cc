// Names by content. Eight bytes of a hash: a name has to change, not to resist anybody.
#include "pages/assets.h"

#include <array>

#include "base/encoding.h"
#include "crypto/hash.h"

namespace deputy::pages {

extern const std::string_view style_text, passkey_script_text, form_post_script_text;  // style.cc, script.cc

namespace {

Asset make(std::string_view stem, std::string_view ending, std::string_view content_type, std::string_view body) {
  const auto digest = crypto::sha256(body);
  const auto mark = hex(as_text(digest).substr(0, 8));
  return {std::string(stem) + "-" + mark + std::string(ending), content_type, body};
}

}  // namespace

const Asset& style() {
  static const auto asset = make("style", ".css", "text/css; charset=utf-8", style_text);
  return asset;
}

const Asset& passkey_script() {
  static const auto asset = make("passkey", ".js", "text/javascript; charset=utf-8", passkey_script_text);
  return asset;
}

const Asset& form_post_script() {
  static const auto asset = make("form-post", ".js", "text/javascript; charset=utf-8", form_post_script_text);
  return asset;
}

std::span<const Asset* const> assets() {
  static const std::array<const Asset*, 3> list{&style(), &passkey_script(), &form_post_script()};
  return list;
}

}  // namespace deputy::pages
