// Registered details: authorization_details (RFC 9396) of the types that resources register: held against them, and
// narrowed. Each belongs to one resource, and means something there alone.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "delegation/delegation.h"
#include "directory/authority.h"
#include "oauth/error.h"

namespace deputy::delegation {

using Resources = std::span<const std::shared_ptr<const directory::Resource>>;

// What was sent, each as the detail of the resource that registers its type. Refuses (invalid_authorization_details,
// RFC 9396 §5) a type that none of these registers, an object that its schema does not accept, one that was sent before
// (two payments are more than one), a text in it of more than 1000 bytes, and more than 4 KiB of all of them: they
// travel in tokens.
Result<std::vector<Detail>, oauth::Error> resolve(const std::vector<json::object>& sent, Resources resources);

// Those of the resource that it still registers and accepts (I3).
std::vector<Detail> living(const std::vector<Detail>& details, const directory::Resource& resource);

// Of those asked, the ones that lie within one of `pool` at this resource, by the rules of their type. Each of the pool
// counts for one: two payments are more than one.
std::vector<Detail> drawable(const std::vector<Detail>& asked, const std::vector<Detail>& pool,
                             const directory::Resource& resource);

// The same, where nothing that is asked may be missing: refuses with invalid_authorization_details.
Result<std::vector<Detail>, oauth::Error> narrowed(const std::vector<Detail>& asked, const std::vector<Detail>& pool,
                                                   const directory::Resource& resource);

std::vector<Detail> sorted(std::vector<Detail> details);  // without repeats
// As a JSON array of their objects: what tokens and answers hold. Empty: there are none.
std::string text_of(const std::vector<Detail>& details);
// The details of a resource that such a text holds; none of what is no object.
std::vector<Detail> details_in(std::string_view text, const directory::Resource& resource);

}  // namespace deputy::delegation
