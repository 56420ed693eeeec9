// Referred: what refers to a record keeps it from being deleted.
#pragma once

#include "endpoints/admin/frame/rules.h"

namespace deputy::endpoints::admin {

// Refuses where a record of any noun refers to the draft's, by kind and by the ids that the caller may see; and has the
// commit refuse what comes to refer to it meanwhile.
Result<Done, Problem> check_unreferred(Draft& draft);

}  // namespace deputy::endpoints::admin
