// A way back in: a new administrator, and nothing of what is there changed.
#include "server/recover.h"

#include <gtest/gtest.h>

#include <future>
#include <iostream>

#include "base/id.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/dispatch.h"
#include "oauth/basic.h"
#include "server/commands.h"
#include "server/init.h"
#include "server/temporary_folder_test.h"
#include "server/world.h"

namespace deputy::server {
namespace {

class Recover : public ::testing::Test {
 protected:
  Recover() { EXPECT_TRUE(init(config())); }
  Config config() const { return *build({{{"http.port", "0"}, {"data", folder + "/id"}}}); }

  static http::Response ask(World& world, http::Request request) {
    request.correlation_id = make_id("req", system_clock.now(), world.app().random);
    std::promise<http::Response> promise;
    auto future = promise.get_future();
    endpoints::dispatch(request, world.app(), [&](http::Response response) { promise.set_value(std::move(response)); });
    world.store().flush();
    return future.get();
  }
  // The status of GET /v1/roles by a token of that client's own.
  static int lists_roles(World& world, const std::string& client_id, const std::string& secret) {
    const auto token = ask(world, {.method = "POST",
                                   .path = "/oauth2/token",
                                   .headers = {{"Authorization", oauth::basic(client_id, secret)},
                                               {"Content-Type", "application/x-www-form-urlencoded"}},
                                   .body = "grant_type=client_credentials"});
    const auto body = parse_json_object(token.body);
    if (token.status != 200 || !body) return token.status;
    const auto bearer = "Bearer " + text_of(*body, "access_token");
    return ask(world, {.method = "GET", .path = "/v1/roles", .headers = {{"Authorization", bearer}}}).status;
  }
  // Straight in the store, as nothing that /v1 does.
  static void change(store::Store& store, store::Record record, const json::object& patch) {
    auto body = *endpoints::admin::body_of_record(record);
    for (const auto& [name, value] : patch) body[name] = value;
    const auto outcome = store.commit_now({endpoints::admin::record_put(
        "default", record.kind, record.id, record.under, body, record.version, system_clock.now())});
    ASSERT_TRUE(outcome && std::holds_alternative<Done>(*outcome));
  }

  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
};

TEST_F(Recover, makes_an_administrator_beside_those_there_are_and_says_so_in_the_log) {
  const auto made = recover(config(), "default");
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(made->username, "recovered");
  const auto again = recover(config(), "default");
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->username, "recovered-2");
  const auto world = World::open(config());
  ASSERT_TRUE(world) << world.error().detail;
  EXPECT_EQ(lists_roles(**world, made->client_id, made->secret), 200);
  EXPECT_EQ(lists_roles(**world, again->client_id, again->secret), 200);
  auto& store = (*world)->store();
  EXPECT_EQ(store.list("default", store::Kind::role, {})->size(), 2u) << "the role that there is serves";
  const auto events = store.events("default", {.action = "tenant.recover"}, {})->events;
  ASSERT_EQ(events.size(), 2u);
  EXPECT_NE(events[0].body.find(made->client_id), std::string::npos) << events[0].body;
  EXPECT_EQ(events[0].body.find(made->secret), std::string::npos);
}

TEST_F(Recover, takes_no_username_that_differs_from_anothers_in_the_case_of_its_letters_only) {
  {
    const auto store = store::open_sqlite_store(config().sqlite);
    ASSERT_TRUE(store);
    const auto admin = *(*store)->find("default", store::Kind::user, "username", "admin");
    change(**store, *admin, {{"username", "Recovered"}});
  }
  const auto made = recover(config(), "default");
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(made->username, "recovered-2");
}

TEST_F(Recover, makes_a_role_where_none_gives_everything_and_widens_nobodys) {
  {
    const auto store = store::open_sqlite_store(config().sqlite);
    ASSERT_TRUE(store);
    const auto role = *(*store)->find("default", store::Kind::role, "name", "administrator");
    change(**store, *role, {{"permissions", json::array()}});
    const auto admin = *(*store)->find("default", store::Kind::user, "username", "admin");
    change(**store, *admin, {{"state", "disabled"}});
  }
  const auto made = recover(config(), "default");
  ASSERT_TRUE(made) << made.error().detail;
  const auto world = World::open(config());
  ASSERT_TRUE(world);
  EXPECT_EQ(lists_roles(**world, made->client_id, made->secret), 200);
  auto& store = (*world)->store();
  EXPECT_TRUE(store.find("default", store::Kind::role, "name", "administrator-2")->has_value());
  const auto role = *store.find("default", store::Kind::role, "name", "administrator");
  EXPECT_TRUE(endpoints::admin::body_of_record(*role)->at("permissions").as_array().empty());
}

TEST_F(Recover, is_refused_while_a_server_runs_without_a_store_and_of_no_tenant) {
  const auto why = [](const Config& config, const std::string& tenant) {
    const auto made = recover(config, tenant);
    return made ? "made" : made.error().detail;
  };
  EXPECT_NE(why(config(), "acme").find("no such tenant"), std::string::npos);
  EXPECT_NE(why(*build({{{"data", folder + "/none"}}}), "default").find("deputy init"), std::string::npos);
  EXPECT_NE(why(*build({{{"data", folder + "/id"}, {"origin", "https://other.example"}}}), "default").find(
                "set origin to http://127.0.0.1:8440"),
            std::string::npos);
  const auto world = World::open(config());
  ASSERT_TRUE(world);
  EXPECT_NE(why(config(), "default").find("another server runs"), std::string::npos);
}

TEST_F(Recover, shows_the_credential_on_standard_output_and_nowhere_else) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const auto data = "--data=" + folder + "/id";
  const std::vector<const char*> words{"recover", data.c_str()};
  const int status = run(words);
  const auto out = testing::internal::GetCapturedStdout(), err = testing::internal::GetCapturedStderr();
  EXPECT_EQ(status, 0) << err;
  EXPECT_NE(out.find("client_secret: dsk_"), std::string::npos) << out;
  EXPECT_EQ(err.find("dsk_"), std::string::npos) << err;
}

}  // namespace
}  // namespace deputy::server
