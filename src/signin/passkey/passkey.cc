// Passkeys: what the browser is asked, and what its answer must be (WebAuthn §7.1, §7.2).
#include "signin/passkey/passkey.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/proof/webauthn.h"
#include "signin/ladder.h"
#include "signin/passkey/challenge.h"

namespace deputy::signin {
namespace {

using Why = Refusal::Why;

std::string rp_id_of(const Config& config) {
  std::string_view host(config.origin);
  host.remove_prefix(std::min(host.find("://") + 3, host.size()));
  const auto port = host.rfind(':');
  if (port != std::string_view::npos && host.find(']', port) == std::string_view::npos) host = host.substr(0, port);
  return std::string(host);
}

json::array descriptors_of(const std::vector<Authenticator>& authenticators) {
  json::array descriptors;
  for (const auto& one : authenticators) {
    if (one.type != Type::passkey) continue;
    json::object descriptor{{"type", "public-key"}, {"id", json_text(one.body, "credential").value_or("")}};
    if (const auto* transports = json_member_array(one.body, "transports")) descriptor["transports"] = *transports;
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}

// The browser's answer, decoded: every member is base64url.
struct Answered {
  std::string id, client_data, authenticator_data, signature, user_handle;
  json::array transports;
};
std::optional<Answered> read_answer(std::string_view response) {
  const auto body = parse_json_object(response, {.depth_max = 4});
  if (!body) return std::nullopt;
  const auto member = [&](std::string_view name) {
    return base64url_decode(json_text(*body, name).value_or("")).value_or("");
  };
  Answered answer{.id = text_of(*body, "id"),
                  .client_data = member("clientDataJSON"),
                  .authenticator_data = member("authenticatorData"),
                  .signature = member("signature"),
                  .user_handle = member("userHandle")};
  if (const auto* transports = json_member_array(*body, "transports")) answer.transports = *transports;
  if (answer.id.empty() || answer.client_data.empty() || answer.authenticator_data.empty()) return std::nullopt;
  return answer;
}

// What the browser says it was doing (WebAuthn §5.8.1): for us, here, with a challenge of ours that is still good.
Result<store::Mark, Denied> check_client_data(const Methods& methods, const Attempt& attempt, std::string_view type,
                                              const ChallengeFor& what, std::string_view client_data) {
  const auto data = parse_json_object(client_data, {.depth_max = 8});
  if (!data || json_text(*data, "type") != type) return Fail{Denied(Why::wrong, "the client data is of another kind")};
  if (json_text(*data, "origin") != methods.config.origin)
    return Fail{Denied(Why::wrong, "the client data is of another origin")};
  if (json_boolean(*data, "crossOrigin").value_or(false) || data->contains("topOrigin"))
    return Fail{Denied(Why::wrong, "the page was in another's frame")};
  auto used = accept_challenge(methods.challenges, what, json_text(*data, "challenge").value_or(""), attempt.now);
  if (!used) return Fail{Denied(Why::expired, "the challenge is too old, or another's")};
  return std::move(*used);
}

Result<Done, Denied> offered(const Methods& methods, const Attempt& attempt) {
  TRY(auto policy, policy_of(methods.store, attempt.tenant));
  if (!policy.passkey || !passkeys_possible(methods.config))
    return Fail{Denied(Why::not_offered, "passkeys are off in this tenant, or the host has no name")};
  return Done{};
}

Result<Authenticator, Denied> passkey_of(Methods& methods, Attempt& attempt, const Answered& answer) {
  TRY(auto record, methods.store.find(attempt.tenant, store::Kind::authenticator, passkey_index,
                                      passkey_index_value(answer.id)));
  if (!record) return Fail{Denied(Why::wrong, "the passkey is not known")};
  TRY(auto passkey, authenticator_from(std::move(*record)));
  attempt.event.target = passkey.record.id;
  // §7.2 step 6: the user was not known before, so the handle must say whose the passkey is, and be right.
  if (answer.user_handle != passkey.record.under) return Fail{Denied(Why::wrong, "the passkey is another user's")};
  return passkey;
}

Result<SignedIn, Denied> verify(Methods& methods, Attempt& attempt, std::string_view response) {
  TRY(auto offer, offered(methods, attempt));
  const auto answer = read_answer(response);
  if (!answer) return Fail{Denied(Why::wrong, "the answer is malformed")};
  const ChallengeFor what{Purpose::sign_in, attempt.tenant, attempt.session, ""};
  TRY(auto used, check_client_data(methods, attempt, "webauthn.get", what, answer->client_data));
  TRY(auto passkey, passkey_of(methods, attempt, *answer));
  TRY(auto person, claimed_person(methods, attempt, passkey.record.under));
  const auto key = base64url_decode(json_text(passkey.body, "public_key").value_or("")).value_or("");
  const auto count = crypto::verify_assertion(
      rp_id_of(methods.config), {answer->client_data, answer->authenticator_data, answer->signature},
      static_cast<int>(json_integer(passkey.body, "algorithm").value_or(0)), key);
  if (!count) return Fail{Denied(Why::wrong, "the signature, the relying party or the person's verification is wrong")};
  attempt.event.actor = person.id;
  // §6.1.1: a counter that does not grow is a copy's, or the original's after a copy was used.
  const auto before = json_integer(passkey.body, "sign_count").value_or(0);
  if ((*count != 0 || before != 0) && *count <= before)
    return Fail{Denied(Why::wrong, "the signature counter did not grow: the passkey may have been copied")};

  SignedIn result{.user = person.id, .authenticator = passkey.record.id, .amr = {"pop", "user", "mfa"}};
  signed_in(methods, attempt, person, result);
  result.writes.push_back(std::move(used));
  result.writes.push_back(store::Require{attempt.tenant, store::Kind::authenticator, passkey.record.id});
  if (*count != before) {
    passkey.body["sign_count"] = *count;
    result.writes.push_back(put_of(passkey, attempt.now));
  }
  result.writes.push_back(
      store::Touch{attempt.tenant, store::Kind::authenticator, result.authenticator, attempt.now});
  return result;
}

// Only words of the specification (§5.8.4) are kept of what the browser says of the way to the authenticator.
json::array known_transports(const json::array& sent) {
  constexpr std::string_view known[] = {"usb", "nfc", "ble", "smart-card", "hybrid", "internal"};
  json::array transports;
  for (const auto name : known) {
    const auto same = [&](const json::value& one) { return one.is_string() && one.get_string() == name; };
    if (std::any_of(sent.begin(), sent.end(), same)) transports.emplace_back(name);
  }
  return transports;
}

Result<Changed, Denied> add(Methods& methods, Attempt& attempt, std::string_view user, std::string_view label,
                            std::string_view response) {
  TRY(auto offer, offered(methods, attempt));
  TRY(auto person, active_person(methods, attempt, user));
  const auto answer = read_answer(response);
  if (!answer) return Fail{Denied(Why::wrong, "the answer is malformed")};
  const ChallengeFor what{Purpose::registration, attempt.tenant, attempt.session, person.id};
  TRY(auto used, check_client_data(methods, attempt, "webauthn.create", what, answer->client_data));
  const auto made =
      crypto::read_new_passkey(rp_id_of(methods.config), answer->client_data, answer->authenticator_data);
  if (!made) return Fail{Denied(Why::wrong, "the authenticator's data is not acceptable")};
  if (base64url(made->credential) != answer->id) return Fail{Denied(Why::wrong, "the answer names another passkey")};
  const auto count = std::count_if(person.authenticators.begin(), person.authenticators.end(),
                                   [](const auto& one) { return one.type == Type::passkey; });
  if (static_cast<std::size_t>(count) >= passkeys_max) return Fail{Denied(Why::wrong, "the user has 20 passkeys")};

  auto passkey = make_authenticator(Type::passkey, attempt.tenant, person.id, attempt.now, methods.random);
  constexpr std::size_t label_max = 200;
  if (!label.empty() && label.size() <= label_max && is_utf8(label)) passkey.body["label"] = label;
  passkey.body["credential"] = answer->id;
  passkey.body["algorithm"] = made->algorithm;
  passkey.body["public_key"] = base64url(made->public_key);
  passkey.body["sign_count"] = made->sign_count;
  passkey.body["transports"] = known_transports(answer->transports);
  attempt.event.target = passkey.record.id;
  Changed changed{.user = person.id, .authenticator = passkey.record.id, .recovery_codes = {}};
  changed.writes.push_back(std::move(used));
  changed.writes.push_back(store::Require{attempt.tenant, store::Kind::user, person.id});
  changed.writes.push_back(put_of(passkey, attempt.now));
  TRY(auto ended, end_sessions(methods, attempt, person, Sessions::others, changed.writes));
  return changed;
}

}  // namespace

bool passkeys_possible(const Config& config) {
  const auto host = rp_id_of(config);
  const bool address = host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string::npos;
  const bool safe = config.origin.starts_with("https://") || host == "localhost";  // a secure context, as browsers say
  return !host.empty() && !address && safe;
}

std::string challenge_for_sign_in(Methods& methods, const Attempt& attempt) {
  const ChallengeFor what{Purpose::sign_in, attempt.tenant, attempt.session, ""};
  return json::serialize(
      json::object{{"challenge", make_challenge(methods.challenges, what, attempt.now + challenge_lifetime,
                                                methods.random)},
                   {"rpId", rp_id_of(methods.config)},
                   {"timeout", std::chrono::milliseconds(challenge_lifetime).count()},
                   {"userVerification", "required"}});
}

Result<std::string, Fault> challenge_for_registration(Methods& methods, const Attempt& attempt, std::string_view user,
                                                      std::string_view username, std::string_view display_name,
                                                      Seconds to_begin) {
  const ChallengeFor what{Purpose::registration, attempt.tenant, attempt.session, std::string(user)};
  TRY(auto authenticators, authenticators_of(methods.store, attempt.tenant, user));
  json::array parameters;
  for (const int algorithm : crypto::passkey_algorithms)
    parameters.push_back(json::object{{"type", "public-key"}, {"alg", algorithm}});
  const auto rp_id = rp_id_of(methods.config);
  return json::serialize(json::object{
      {"challenge",
       make_challenge(methods.challenges, what, attempt.now + to_begin + challenge_lifetime, methods.random)},
      {"rp", json::object{{"id", rp_id}, {"name", rp_id}}},
      {"user", json::object{{"id", base64url(user)}, {"name", username},
                            {"displayName", display_name.empty() ? username : display_name}}},
      {"pubKeyCredParams", std::move(parameters)},
      {"excludeCredentials", descriptors_of(authenticators)},
      {"authenticatorSelection", json::object{{"residentKey", "required"}, {"requireResidentKey", true},
                                              {"userVerification", "required"}}},
      {"attestation", "none"},
      {"timeout", std::chrono::milliseconds(challenge_lifetime).count()}});
}

Result<SignedIn, Refusal> verify_sign_in(Methods& methods, Attempt attempt, std::string_view response) {
  auto result = verify(methods, attempt, response);
  return conclude(std::move(attempt), std::move(result), audit::Decision::granted);
}

Result<Changed, Refusal> verify_registration(Methods& methods, Attempt attempt, std::string_view user,
                                             std::string_view label, std::string_view response) {
  auto result = add(methods, attempt, user, label, response);
  return conclude(std::move(attempt), std::move(result), audit::Decision::done);
}

}  // namespace deputy::signin
