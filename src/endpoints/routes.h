// The whole HTTP surface, as one table: method, path, endpoint, and who may call it from where.
#pragma once

#include <span>
#include <string_view>

#include "endpoints/endpoint.h"

namespace deputy::endpoints {

enum class Cors { no, open };
enum class Form { none, urlencoded, json };  // the body a route takes; anything else is 415

struct Route {
  std::string_view method;
  std::string_view path;  // "{id}" stands for one segment. All but the process's own are served under /t/{tenant} too
  Endpoint endpoint;
  Form form = Form::none;
  Cors cors = Cors::no;
  bool (*hidden)(const http::Request&, const App&) = nullptr;  // from whom the path is as one that is not there
};

std::span<const Route> oauth_routes();  // routes.cc
std::span<const Route> people_routes();  // people/routes.cc: pages
std::span<const Route> admin_routes();  // admin/routes.cc: all of /v1

}  // namespace deputy::endpoints
