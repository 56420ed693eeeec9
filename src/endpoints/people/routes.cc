// The table of pages: what people see.
#include "endpoints/routes.h"

#include <array>

#include "endpoints/people/account/account.h"
#include "endpoints/people/people.h"

namespace deputy::endpoints {
namespace {

using namespace people;

constexpr std::array routes{
    // clang-format off
    Route{"GET",  "/assets/{name}",                    asset},
    Route{"GET",  "/sign-in",                          sign_in_form},
    Route{"POST", "/sign-in",                          people::sign_in,       Form::urlencoded},
    Route{"GET",  "/sign-in/code",                     second_factor_form},
    Route{"POST", "/sign-in/code",                     second_factor,         Form::urlencoded},
    Route{"POST", "/sign-in/passkey",                  passkey,               Form::urlencoded},
    Route{"POST", "/sign-in/back",                     go_back,               Form::urlencoded},
    Route{"POST", "/sign-in/choose",                   choose,                Form::urlencoded},
    Route{"GET",  "/sign-in/reset",                    reset_form},
    Route{"POST", "/sign-in/reset",                    reset,                 Form::urlencoded},
    Route{"GET",  "/consent",                          consent_form},
    Route{"POST", "/consent",                          people::consent,       Form::urlencoded},
    Route{"GET",  "/account",                          agents},
    Route{"POST", "/account/withdraw",                 withdraw,              Form::urlencoded},
    Route{"GET",  "/account/devices",                  devices},
    Route{"POST", "/account/devices",                  change_devices,        Form::urlencoded},
    Route{"GET",  "/account/security",                 security},
    Route{"POST", "/account/security/password",        change_password,       Form::urlencoded},
    Route{"GET",  "/account/security/app",             app_form},
    Route{"POST", "/account/security/app",             confirm_app,           Form::urlencoded},
    Route{"POST", "/account/security/passkey",         add_passkey,           Form::urlencoded},
    Route{"POST", "/account/security/recovery-codes",  renew_recovery_codes,  Form::urlencoded},
    Route{"POST", "/account/security/remove",          remove_method,         Form::urlencoded},
    Route{"GET",  "/account/history",                  history},
    Route{"POST", "/account/sign-out",                 sign_out,              Form::urlencoded},
    // clang-format on
};

}  // namespace

std::span<const Route> people_routes() { return routes; }

}  // namespace deputy::endpoints
