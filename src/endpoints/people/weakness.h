// The sentence a page has for a refusal.
#pragma once

#include <optional>

#include "pages/strings.h"
#include "signin/attempt.h"

namespace deputy::endpoints::people {

std::optional<pages::Phrase> sentence_of(const signin::Refusal& refusal);

}  // namespace deputy::endpoints::people
