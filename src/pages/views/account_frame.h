// The frame of /account: who is signed in, the four tabs, and what was just done.
#pragma once

#include "pages/views/account.h"

namespace deputy::pages {

std::string account_page(const Speaker& say, const AccountFrame& frame, const Html& body);
// A form with one button.
Html one_button(const AccountFrame& frame, std::string_view path, const Html& fields, const Html& label,
                Look look = Look::plain);

}  // namespace deputy::pages
