// The contract's tests, whichever file they are in, run on each store.
#include "tests/store_contract/stores.h"

namespace deputy::store {

INSTANTIATE_TEST_SUITE_P(Store, Contract, testing::ValuesIn(openers()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace deputy::store
