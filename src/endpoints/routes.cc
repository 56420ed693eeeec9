// The OAuth half of the table; /v1 is in admin/routes.cc.
#include "endpoints/routes.h"

#include "endpoints/authorize/authorize.h"
#include "endpoints/oauth.h"

namespace deputy::endpoints {
namespace {

constexpr std::array routes{
    // clang-format off
    //    method  path                                        endpoint                       body              CORS
    Route{"POST", "/oauth2/token",                            token,                         Form::urlencoded, Cors::open},
    Route{"POST", "/oauth2/introspect",                       introspect,                    Form::urlencoded, Cors::no},
    Route{"POST", "/oauth2/revoke",                           revoke,                        Form::urlencoded, Cors::open},
    Route{"GET",  "/oauth2/authorize",                        authorize::authorize,          Form::none,       Cors::no},
    Route{"POST", "/oauth2/authorize",                        authorize::authorize,          Form::urlencoded, Cors::no},
    Route{"GET",  "/oauth2/authorize/continue",               authorize::go_on,              Form::none,       Cors::no},
    Route{"POST", "/oauth2/par",                              authorize::push,               Form::urlencoded, Cors::open},
    Route{"GET",  "/oauth2/userinfo",                         authorize::userinfo,           Form::none,       Cors::open},
    Route{"POST", "/oauth2/userinfo",                         authorize::userinfo,           Form::none,       Cors::open},
    Route{"GET",  "/oauth2/logout",                           authorize::logout,             Form::none,       Cors::no},
    Route{"POST", "/oauth2/logout",                           authorize::logout,             Form::urlencoded, Cors::no},
    Route{"GET",  "/oauth2/jwks",                             jwks,                          Form::none,       Cors::open},
    Route{"GET",  "/.well-known/oauth-authorization-server",  authorization_server_metadata, Form::none,       Cors::open},
    Route{"GET",  "/.well-known/openid-configuration",        authorization_server_metadata, Form::none,       Cors::open},
    Route{"GET",  "/.well-known/oauth-protected-resource/v1", protected_resource_metadata,   Form::none,       Cors::open},
    Route{"GET",  "/errors",                                  errors_page,                   Form::none,       Cors::no},
    Route{"GET",  "/healthz",                                 healthz,                       Form::none,       Cors::no},
    Route{"GET",  "/readyz",                                  readyz,                        Form::none,       Cors::no},
    Route{"GET",  "/metrics",                                 metrics_text,                  Form::none,       Cors::no, are_metrics_hidden},
    // clang-format on
};

}  // namespace

std::span<const Route> oauth_routes() { return routes; }

}  // namespace deputy::endpoints
