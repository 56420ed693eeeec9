// The benchmarks by name. Each prints its figures, the headline last.
#pragma once

#include "base/fault.h"
#include "base/result.h"

namespace deputy::bench {

Result<Done, Fault> token();
Result<Done, Fault> introspect();
Result<Done, Fault> discovery();
Result<Done, Fault> private_key_jwt();
Result<Done, Fault> million_agents();
Result<Done, Fault> startup();
Result<Done, Fault> memory();
Result<Done, Fault> exchange();
Result<Done, Fault> tree_10m();
Result<Done, Fault> audit_proof();
Result<Done, Fault> audit_cost();
Result<Done, Fault> revocation();
Result<Done, Fault> code();
Result<Done, Fault> login_storm();

}  // namespace deputy::bench
