// Lens: a delegation as /v1 shows it, with its state as it is now and names beside ids; and who may see it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "delegation/delegation.h"
#include "delegation/state.h"
#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

// Remembers, for one request, what it has looked up: a list names the same few principals again and again.
class Lens {
 public:
  explicit Lens(const Visit& visit) : visit_(visit) {}

  // Those whose subject or actor the caller reaches: itself, its agents, its organizations' principals.
  Result<bool, Fault> in_reach(const delegation::Delegation& delegation);
  Result<bool, Fault> reaches(const std::string& principal);
  // Is any of those above it revoked or past its time?
  Result<bool, Fault> ancestor_dead(const delegation::Delegation& delegation);
  // With its state, decided by `ancestor_dead`.
  enum class Above { alive, dead };
  Result<json::object, Fault> document_of(const delegation::Delegation& delegation, Above above);
  Result<json::object, Fault> document_of(const delegation::Delegation& delegation);
  // What people call a principal; empty for one that is gone.
  Result<std::string, Fault> name_of(const std::string& principal);

 private:
  struct Seen {
    std::string name;
    bool active = false, in_reach = false;
  };
  Result<const Seen*, Fault> principal(const std::string& id);
  Result<bool, Fault> dead(const std::string& delegation);
  Result<bool, Fault> everybody_active(const delegation::Delegation& delegation);
  Result<bool, Fault> issuer_active(const std::string& id);
  Result<std::string, Fault> identifier_of(const std::string& resource);
  Result<json::array, Fault> authority_of(const delegation::Delegation& delegation);

  const Visit& visit_;
  std::map<std::string, Seen> principals_;
  std::map<std::string, bool> dead_;                // delegations by id
  std::map<std::string, bool> issuers_;             // trusted issuers by id: are their tokens accepted?
  std::map<std::string, std::string> identifiers_;  // resources by id
};

// The delegation that exists and is in reach; else not_found, the same for both (A38). Who may read it, and not do this
// with it, is told so.
Result<delegation::Delegation, Problem> find_delegation(Visit& visit, Lens& lens, std::string_view id);

// May the caller reach this principal: itself, an agent it owns, one of its organizations'?
bool reaches_principal(const Visit& visit, const directory::Principal& principal);

}  // namespace deputy::endpoints::admin
