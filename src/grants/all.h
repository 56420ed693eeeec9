// Every grant this server speaks. A new grant is a new file and one line here.
#pragma once

#include <array>

#include "grants/grant.h"

namespace deputy::grants {

inline constexpr std::array all{&client_credentials, &token_exchange, &authorization_code, &refresh_token};

inline const Grant* find(std::string_view grant_type) {
  for (const Grant* grant : all)
    if (grant->grant_type == grant_type) return grant;
  return nullptr;
}

}  // namespace deputy::grants
