// Which resource a request is for (RFC 8707 §2).
#include "grants/grant.h"

namespace deputy::grants {

Result<store::Directory::ResourcePtr, oauth::Error> target_of(const TokenRequest& request, World& world) {
  using oauth::Code;
  using oauth::Error;
  const auto named = request.form.all("resource");
  // One token, one audience: several resources in a request are a grant's matter, never a token's.
  if (named.size() > 1)
    return Fail{Error(Code::invalid_target, "name one resource: each access token is for one (RFC 8707 section 2)")};
  // By its own name, as by none where the client has no default: a token that opens nothing.
  if (named.size() == 1 && named.front() == world.issuer) return store::Directory::ResourcePtr();
  if (named.size() == 1) {
    TRY(auto resource, world.directory.resource(world.tenant, named.front()));
    if (resource == nullptr)
      return Fail{Error(Code::invalid_target,
                        "the resource is not registered: send its identifier exactly, trailing slash included")};
    return resource;
  }
  if (request.client->default_resource.empty()) return store::Directory::ResourcePtr();
  TRY(auto resource, world.directory.resource_by_id(world.tenant, request.client->default_resource));
  if (resource == nullptr)
    return Fail{Error(Code::invalid_target, "the client's default resource is gone: name a resource")};
  return resource;
}

}  // namespace deputy::grants
