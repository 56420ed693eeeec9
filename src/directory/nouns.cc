// The nouns of the directory and their fields: one table, read by validation, /v1, `apply`, filters and indexes.
#include "directory/noun.h"

namespace deputy::directory {
namespace {

using enum Type;
using enum Need;

constexpr std::string_view on_off[] = {"active", "disabled"};
constexpr std::string_view agent_states[] = {"active", "suspended", "expired", "revoked"};
constexpr std::string_view ceilings[] = {"ceiling", "any"};
constexpr std::string_view algorithms[] = {"ES256", "EdDSA", "RS256"};
constexpr std::string_view formats[] = {"jwt", "opaque"};
constexpr std::string_view ways_of_acting[] = {"self", "others"};
constexpr std::string_view credential_types[] = {"secret", "jwks", "jwks_uri"};

constexpr std::string_view subject_fields[] = {"username", "id"};

constexpr Kind organizations[] = {Kind::organization};
constexpr Kind owners[] = {Kind::user, Kind::group};
constexpr Kind agent_types[] = {Kind::agent_type};
constexpr Kind resources[] = {Kind::resource};
constexpr std::string_view profiles[] = {"plain", "fapi2"};

constexpr Kind delegates[] = {Kind::agent, Kind::group};
constexpr Kind servers[] = {Kind::agent, Kind::application};
constexpr Kind roles[] = {Kind::role};
constexpr Kind assignees[] = {Kind::agent, Kind::user, Kind::group, Kind::application};

constexpr Indexed plain = Indexed::yes, unique = Indexed::unique;

// clang-format off
// What agents and applications have alike: both are actors.
constexpr Field delegation_field{.name = "delegation", .type = choice, .need = optional,
    .doc = "`ceiling`: what it may do for others is limited by its assignments of `others`; `any`: by the "
           "subject alone.",
    .choices = ceilings, .fallback = "\"ceiling\""};
constexpr Field delegates_field{.name = "delegates", .type = references, .need = optional,
    .doc = "Agents and groups it may hand authority on to.",
    .kinds = delegates, .max = 100, .may_dangle = true};
constexpr Field agreement_field{.name = "agreement_required", .type = boolean, .need = optional,
    .doc = "Its delegates may exchange a token they received from it only with its own token as actor_token.",
    .fallback = "false"};
constexpr Field dpop_field{.name = "dpop_bound_access_tokens", .type = boolean, .need = optional,
    .doc = "Its access tokens are bound to a key that it proves at each request (RFC 9449); a token request without a "
           "DPoP proof is refused.",
    .fallback = "false"};

// What makes either of them a client of the flows with a person (RFC 7591 §2 has most of these names).
constexpr Field public_field{.name = "public", .type = boolean, .need = optional,
    .doc = "It can keep no secret: it names itself by client_id alone, and never gets tokens of its own.",
    .fallback = "false"};
constexpr Field redirect_uris_field{.name = "redirect_uris", .type = redirect_uris, .need = optional,
    .doc = "Where codes are sent: compared as strings; on loopback hosts the port is free (RFC 8252).",
    .max = 20};
constexpr Field post_logout_field{.name = "post_logout_redirect_uris", .type = redirect_uris, .need = optional,
    .doc = "Where a browser may be sent after a logout.",
    .max = 20};
constexpr Field backchannel_logout_field{.name = "backchannel_logout_uri", .type = url, .need = optional,
    .doc = "Where logout tokens are posted to, over https.",
    .min = 1, .max = 1000};
constexpr Field default_scope_field{.name = "default_scope", .type = scope, .need = optional,
    .doc = "The scope of an authorization request that names none.",
    .min = 1, .max = 2000};
constexpr Field default_resource_field{.name = "default_resource", .type = reference, .need = optional,
    .doc = "The resource of a request that names none.",
    .indexed = plain, .kinds = resources};
constexpr Field profile_field{.name = "profile", .type = choice, .need = optional,
    .doc = "`fapi2`: pushed requests, private_key_jwt and sender-constrained tokens only, and no RS256 (FAPI 2.0).",
    .choices = profiles, .fallback = "\"plain\""};
constexpr Field pushed_field{.name = "pushed_requests_required", .type = boolean, .need = optional,
    .doc = "Its authorization requests are refused unless they were pushed (RFC 9126).",
    .fallback = "false"};
constexpr Field signed_field{.name = "signed_requests_required", .type = boolean, .need = optional,
    .doc = "Its authorization requests are refused unless they are signed (RFC 9101).",
    .fallback = "false"};
constexpr Field pkce_field{.name = "pkce_required", .type = boolean, .need = optional,
    .doc = "Its authorization requests are refused without a code_challenge (RFC 7636). False is for one that was "
           "built before PKCE and checks the nonce instead: it may leave it out of OpenID requests.",
    .fallback = "true"};
constexpr Field id_token_field{.name = "id_token_signed_response_alg", .type = choice, .need = optional,
    .doc = "What its ID and logout tokens are signed with; where nothing is said, and the profile is `fapi2`, ES256.",
    .choices = algorithms, .fallback = "\"RS256\""};
constexpr Field verified_field{.name = "verified", .type = boolean, .need = optional,
    .doc = "The tenant's administrators vouch for it: the consent page says so.",
    .fallback = "false"};

constexpr Field tenant_fields[] = {
    {.name = "name", .type = text, .need = required, .doc = "What people call the tenant.", .min = 1, .max = 200},
    {.name = "sign_in_password", .type = boolean, .need = optional,
     .doc = "False: nobody signs in by a password."},
    {.name = "sign_in_passkey", .type = boolean, .need = optional, .doc = "False: nobody signs in by a passkey."},
    {.name = "sign_in_totp", .type = boolean, .need = optional,
     .doc = "False: one-time passwords are neither asked for nor set up; those set up before come back with it."},
    {.name = "acr_values", .type = acr_values, .need = optional,
     .doc = "What signing in is worth, weakest first: each acr with the methods (RFC 8176) that give it.",
     .max = 20},
};
constexpr Field organization_fields[] = {
    {.name = "name", .type = text, .need = required,
     .doc = "What people call it.",
     .indexed = plain, .min = 1, .max = 200},
    {.name = "parent", .type = reference, .need = optional,
     .doc = "The organization it is part of.",
     .indexed = plain, .kinds = organizations},
    {.name = "description", .type = text, .need = optional, .doc = "For people.", .max = 2000},
};
constexpr Field user_fields[] = {
    {.name = "username", .type = name, .need = required,
     .doc = "Unique in the tenant, whatever the case of its letters. ASCII letters, digits and . _ - @ + |, as "
            "identity providers name people.",
     .indexed = unique, .min = 1, .max = 100},
    {.name = "name", .type = text, .need = optional, .doc = "The person's name.", .max = 200},
    {.name = "email", .type = text, .need = optional, .doc = "Where mail reaches the person.", .max = 254},
    {.name = "email_verified", .type = boolean, .need = optional,
     .doc = "Whether it was verified that the address is the person's, as clients are told beside it. True is for "
            "administrators of the whole tenant to say. It goes where the address changes, unless it is sent too.",
     .of = "email"},
    {.name = "organization", .type = reference, .need = optional,
     .doc = "Where the person belongs.",
     .indexed = plain, .kinds = organizations},
    {.name = "attributes", .type = attributes, .need = optional,
     .doc = "Anything else that is known: text, numbers, booleans.",
     .max = 50},
    {.name = "state", .type = choice, .need = optional,
     .doc = "A disabled user holds nothing, nor does any agent that acts for the user.",
     .indexed = plain, .choices = on_off, .fallback = "\"active\""},
};
constexpr Field group_fields[] = {
    {.name = "name", .type = text, .need = required,
     .doc = "Unique in the tenant.",
     .indexed = unique, .min = 1, .max = 200},
    {.name = "description", .type = text, .need = optional, .doc = "For people.", .max = 2000},
    {.name = "organization", .type = reference, .need = optional,
     .doc = "Where the group belongs.",
     .indexed = plain, .kinds = organizations},
};
constexpr Field agent_type_fields[] = {
    {.name = "name", .type = text, .need = required,
     .doc = "Unique in the tenant.",
     .indexed = unique, .min = 1, .max = 200},
    {.name = "description", .type = text, .need = optional, .doc = "For people.", .max = 2000},
    {.name = "schema", .type = schema, .need = optional,
     .doc = "The attributes of agents of this type: name, type (string, number, boolean, enum), required, "
            "unique, pattern, values, credential. A credential is a secret that no two agents share: kept as its keyed "
            "hash, and never shown.",
     .max = 50},
};
constexpr Field agent_fields[] = {
    {.name = "name", .type = text, .need = required,
     .doc = "What people call the agent.",
     .indexed = plain, .min = 1, .max = 200},
    {.name = "description", .type = text, .need = optional,
     .doc = "What it does, for people who are asked to trust it.",
     .max = 2000},
    {.name = "type", .type = reference, .need = optional,
     .doc = "Its agent type: the schema of its attributes.",
     .indexed = plain, .kinds = agent_types},
    {.name = "attributes", .type = attributes, .need = optional,
     .doc = "Held against the schema of its type.",
     .max = 50},
    {.name = "credential_attributes", .type = texts, .need = read_only,
     .doc = "Which attributes it has that its type calls credentials: their names, for their values are not shown."},
    {.name = "organization", .type = reference, .need = optional,
     .doc = "Where the agent belongs.",
     .indexed = plain, .kinds = organizations},
    {.name = "owner", .type = reference, .need = create_required,
     .doc = "Who is accountable: a user or a group. Changed by transfer only.",
     .indexed = plain, .kinds = owners},
    {.name = "expires_at", .type = instant, .need = optional, .doc = "From then on the agent is expired."},
    default_resource_field,
    delegation_field, delegates_field, agreement_field, dpop_field,
    public_field, redirect_uris_field, post_logout_field, backchannel_logout_field, default_scope_field, profile_field,
    pushed_field, signed_field, id_token_field, verified_field,
    {.name = "client_id", .type = name, .need = create_only,
     .doc = "Its OAuth client_id where it was imported with one; otherwise its id.",
     .indexed = unique, .min = 1, .max = 200},
    {.name = "state", .type = choice, .need = read_only,
     .doc = "active, suspended, expired or revoked: changed by suspend, resume, revoke and the clock.",
     .indexed = plain, .choices = agent_states, .fallback = "\"active\""},
};
constexpr Field application_fields[] = {
    {.name = "name", .type = text, .need = required,
     .doc = "What people call it.",
     .indexed = plain, .min = 1, .max = 200},
    {.name = "description", .type = text, .need = optional, .doc = "For people.", .max = 2000},
    {.name = "owner", .type = reference, .need = optional,
     .doc = "Who is accountable: a user or a group.",
     .indexed = plain, .kinds = owners},
    {.name = "organization", .type = reference, .need = optional,
     .doc = "Where it belongs.",
     .indexed = plain, .kinds = organizations},
    default_resource_field,
    delegation_field, delegates_field, agreement_field, dpop_field,
    public_field, redirect_uris_field, post_logout_field, backchannel_logout_field, default_scope_field, profile_field,
    pushed_field, signed_field, pkce_field, id_token_field, verified_field,
    {.name = "client_id", .type = name, .need = create_only,
     .doc = "Its OAuth client_id where it was imported with one; otherwise its id.",
     .indexed = unique, .min = 1, .max = 200},
    {.name = "state", .type = choice, .need = optional,
     .doc = "A disabled application gets no tokens.",
     .indexed = plain, .choices = on_off, .fallback = "\"active\""},
};
constexpr Field resource_fields[] = {
    {.name = "identifier", .type = uri, .need = create_required,
     .doc = "Absolute URI in its one spelling, host in lower case: the `resource` of requests and the `aud` of tokens "
            "(RFC 8707).",
     .indexed = unique, .min = 1, .max = 1000},
    {.name = "name", .type = text, .need = required,
     .doc = "What people call it.",
     .indexed = plain, .min = 1, .max = 200},
    {.name = "description", .type = text, .need = optional, .doc = "For people.", .max = 2000},
    {.name = "scopes", .type = scopes, .need = optional,
     .doc = "What can be allowed here: name, description, sensitivity (low, medium, high), parent, acr, max_age_s.",
     .max = 200, .fallback = "[]"},
    {.name = "token_lifetime_s", .type = integer, .need = optional,
     .doc = "Lifetime of access tokens, in seconds.",
     .min = 30, .max = 86400, .fallback = "300"},
    {.name = "algorithm", .type = choice, .need = optional,
     .doc = "What its access tokens are signed with.",
     .choices = algorithms, .fallback = "\"ES256\""},
    {.name = "token_format", .type = choice, .need = optional,
     .doc = "`jwt` is verified offline; `opaque` is introspected.",
     .choices = formats, .fallback = "\"jwt\""},
    {.name = "delegation_depth_max", .type = integer, .need = optional,
     .doc = "Longest chain of agents a token for it may carry.",
     .min = 0, .max = 16, .fallback = "4"},
    {.name = "sender_constrained_tokens_required", .type = boolean, .need = optional,
     .doc = "Its tokens are bound to a key of who holds them (RFC 9449); none is issued without.",
     .fallback = "false"},
    {.name = "principal", .type = reference, .need = optional,
     .doc = "The agent or application that is this resource: it alone may introspect tokens for it.",
     .indexed = plain, .kinds = servers},
    {.name = "needs", .type = permissions, .need = optional,
     .doc = "What the agent that is this resource needs onward at other resources.",
     .max = 50},
    {.name = "acr", .type = text, .need = optional,
     .doc = "How a person must have signed in, at least, for a token to be given in their name (RFC 9470).",
     .min = 1, .max = 100},
    {.name = "max_age_s", .type = integer, .need = optional,
     .doc = "How long ago, at most, the person must have signed in.",
     .min = 0, .max = 31'536'000},
    {.name = "authorization_details_types", .type = detail_types, .need = optional,
     .doc = "Types of authorization_details (RFC 9396) that it understands, each unique in the tenant: type, "
            "description, schema, display, narrowing.",
     .indexed = unique, .max = 20},
    {.name = "built_in", .type = boolean, .need = read_only, .doc = "True for this server's own API."},
};
constexpr Field role_fields[] = {
    {.name = "name", .type = text, .need = required,
     .doc = "Unique in the tenant.",
     .indexed = unique, .min = 1, .max = 200},
    {.name = "description", .type = text, .need = optional, .doc = "For people.", .max = 2000},
    {.name = "permissions", .type = permissions, .need = required,
     .doc = "Scopes of resources; `booking:*` stands for every scope that begins with `booking:`.",
     .max = 200},
};
constexpr Field assignment_fields[] = {
    {.name = "role", .type = reference, .need = create_required,
     .doc = "What is given.",
     .indexed = plain, .kinds = roles},
    {.name = "principal", .type = reference, .need = create_required,
     .doc = "To whom: an agent, user, group or application.",
     .indexed = plain, .kinds = assignees},
    {.name = "acts", .type = choice, .need = create_only,
     .doc = "`self` is its own authority; `others` its ceiling when it acts for someone, and never a user's, who acts "
            "for nobody else.",
     .choices = ways_of_acting, .fallback = "\"self\""},
    {.name = "organization", .type = reference, .need = create_only,
     .doc = "For a role at this server's own API: reaches this organization and those below it only. Elsewhere "
            "nothing bounds a role.",
     .indexed = plain, .kinds = organizations},
};
constexpr Field credential_fields[] = {
    {.name = "label", .type = text, .need = optional, .doc = "What people call it.", .max = 200},
    {.name = "type", .type = choice, .need = create_only,
     .doc = "`secret` is made here and shown once; `jwks` and `jwks_uri` name public keys for "
            "private_key_jwt.",
     .choices = credential_types, .fallback = "\"secret\""},
    {.name = "expires_at", .type = instant, .need = optional, .doc = "From then on it opens nothing."},
    {.name = "jwks", .type = jwks, .need = create_only, .doc = "A public JWK Set (RFC 7517).", .max = 20},
    {.name = "jwks_uri", .type = url, .need = create_only,
     .doc = "Where the JWK Set is published, over https.",
     .min = 1, .max = 1000},
    {.name = "secret_hash", .type = text, .need = read_only, .doc = "Never shown.", .max = 64},
    {.name = "replaced_by", .type = text, .need = read_only,
     .doc = "Of a secret that was rotated and retires: the credential that takes its place.",
     .max = 100},
    {.name = "was_to_expire_at", .type = instant, .need = read_only,
     .doc = "Of a secret that retires: when it was to expire before it was rotated."},
    {.name = "principal", .type = reference, .need = read_only,
     .doc = "Whose it is.",
     .indexed = plain, .kinds = assignees},
};
constexpr Field trusted_issuer_fields[] = {
    {.name = "issuer", .type = uri, .need = create_required,
     .doc = "The `iss` of its tokens, exactly.",
     .indexed = unique, .min = 1, .max = 1000},
    {.name = "name", .type = text, .need = optional, .doc = "What people call it.", .max = 200},
    {.name = "jwks", .type = jwks, .need = optional, .doc = "Its public keys (RFC 7517); or jwks_uri.", .max = 20},
    {.name = "jwks_uri", .type = url, .need = optional,
     .doc = "Where its public keys are published, over https.",
     .min = 1, .max = 1000},
    {.name = "audiences", .type = texts, .need = optional,
     .doc = "Values of `aud` that are accepted besides this server's issuer and the id of the client that presents "
            "the token.",
     .max = 20},
    {.name = "subject_claim", .type = text, .need = optional,
     .doc = "The claim that names the user.",
     .min = 1, .max = 100, .fallback = "\"sub\""},
    {.name = "subject_field", .type = choice, .need = optional,
     .doc = "What the claim is of the user here: the username or the id.",
     .choices = subject_fields, .fallback = "\"username\""},
    {.name = "permissions", .type = permissions, .need = required,
     .doc = "The most that its tokens can give here, of what the user holds.",
     .max = 200},
    {.name = "state", .type = choice, .need = optional,
     .doc = "A disabled issuer's tokens are not accepted.",
     .indexed = plain, .choices = on_off, .fallback = "\"active\""},
};

constexpr Noun table[] = {
    {Kind::tenant, "A customer's own directory, issuer and keys.", tenant_fields},
    {Kind::organization, "A part of a tenant; organizations form a tree.", organization_fields},
    {Kind::user, "A person.", user_fields},
    {Kind::group, "Users, agents, applications and groups, together.", group_fields},
    {Kind::agent_type, "A schema of attributes for agents of one kind.", agent_type_fields},
    {Kind::agent, "An AI agent: its own identity, credentials, permissions and life.", agent_fields},
    {Kind::application, "A client or service that is no agent.", application_fields},
    {Kind::resource, "What a token is for: an API, an MCP server, an agent.", resource_fields},
    {Kind::role, "Scopes of resources, under one name.", role_fields},
    {Kind::assignment, "A role given to a principal.", assignment_fields},
    {Kind::credential, "How a principal proves who it is.", credential_fields},
    {Kind::trusted_issuer, "Another identity provider, whose users' tokens may begin a chain of delegations here.",
     trusted_issuer_fields},
};
// clang-format on

}  // namespace

const Field* Noun::field(std::string_view wanted) const {
  for (const auto& one : fields)
    if (one.name == wanted) return &one;
  return nullptr;
}

std::span<const Noun> nouns() { return table; }

const Noun* noun_of(Kind kind) {
  for (const auto& noun : table)
    if (noun.kind == kind) return &noun;
  return nullptr;
}

const Noun& noun(Kind kind) {
  const auto* found = noun_of(kind);
  CHECK(found != nullptr);
  return *found;
}

}  // namespace deputy::directory
