// POST /v1/explain: would this agent get a token for that subject, by which chain, with what; and why not the rest?
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

Outcome explain_decision(Visit& visit);

}  // namespace deputy::endpoints::admin
