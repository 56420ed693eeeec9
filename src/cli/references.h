// References: where a document names other records, and how to replace each name or id by another.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/failure.h"
#include "directory/noun.h"

namespace deputy::cli {

using Replace = std::function<Result<std::string, Failure>(std::span<const directory::Kind>, const std::string&)>;

// The document with every reference it holds (also those inside permissions) given through `replace`. The first that
// cannot be is the failure, whose `field` is where it stands: "permissions/0/resource".
Result<json::object, Failure> with_references(const directory::Noun& noun, json::object document,
                                              const Replace& replace);
// As above, in place, and with a failure for each that cannot be; those stay as they are.
std::vector<Failure> replace_references(const directory::Noun& noun, json::object& document, const Replace& replace);

}  // namespace deputy::cli
