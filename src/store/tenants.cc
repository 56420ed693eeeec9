// The default tenant's list of tenants, read page by page.
#include "store/tenants.h"

namespace deputy::store {

Result<std::vector<std::string>, Fault> tenants(Store& store) {
  std::vector<std::string> all;
  Page page{.after = "", .limit = 500, .where = std::nullopt};
  for (std::size_t read = page.limit; read == page.limit;) {
    TRY(const auto records, store.list("default", Kind::tenant, page));
    read = records.size();
    for (const auto& record : records) all.push_back(record.id);
    if (!all.empty()) page.after = all.back();
  }
  return all;
}

}  // namespace deputy::store
