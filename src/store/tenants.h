// Which tenants there are: for what is done for each of them, asked for or not.
#pragma once

#include <string>
#include <vector>

#include "store/store.h"

namespace deputy::store {

Result<std::vector<std::string>, Fault> tenants(Store& store);

}  // namespace deputy::store
