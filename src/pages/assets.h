// Assets: the style sheet and the scripts, under names that change when they do, so that a browser may keep them.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace deputy::pages {

struct Asset {
  std::string name;  // "style-3f2a….css"
  std::string_view content_type, body;
};
const Asset& style();
// They only ever add: every page works without them.
const Asset& passkey_script();
const Asset& form_post_script();
std::span<const Asset* const> assets();

}  // namespace deputy::pages
