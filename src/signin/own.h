// Own: what a person changes of their own methods, and removes of them.
#pragma once

#include <optional>
#include <vector>

#include "signin/attempt.h"
#include "signin/authenticator.h"
#include "signin/methods.h"

namespace deputy::signin {

// Does it let its person in by itself, here and now? A second factor does not, nor what the tenant has switched off.
bool is_way_in(const Authenticator& one, const Policy& policy, const Config& config);

// A way in that a person has and that the tenant allows: what it is called by, and what a sign-in by it says.
struct WayIn {
  Type type;
  Amr amr;
};
// As it is once `writes` are durable.
Result<std::vector<WayIn>, Fault> ways_in(const Methods& methods, std::string_view tenant, std::string_view user,
                                          const store::Writes& writes = {});

// Who changes how a person signs in has signed in as strongly as that person can: else whoever learns the weakest of
// their methods makes a strong one of their own, and removes the owner's (A34). The strongest that the person has and
// that the tenant allows, where a sign-in by `amr` is weaker; none: it is as strong. As it is once `writes` are
// durable.
Result<std::optional<Type>, Fault> stronger_method(const Methods& methods, std::string_view tenant,
                                                   std::string_view user, const Amr& amr,
                                                   const store::Writes& writes = {});

// Removes one of a user's authenticators; their other sessions end. The last one by which they could sign in stays.
Result<Changed, Refusal> remove_authenticator(Methods& methods, Attempt attempt, std::string_view user,
                                              std::string_view authenticator);

}  // namespace deputy::signin
