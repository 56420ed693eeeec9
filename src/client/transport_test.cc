// Where a server cannot be reached, the person who named it is told what they can do.
#include "client/transport.h"

#include <gmock/gmock.h>

namespace deputy::client {
namespace {

using testing::HasSubstr;

std::string why(const std::string& url, http::FetchLimits limits) {
  HttpTransport transport(std::move(limits));
  const http::Call call{.method = "GET", .url = url, .body = {}, .content_type = {}, .headers = {}};
  const auto reply = transport.send(call), stream = transport.stream(call, [](std::string_view) { return true; });
  EXPECT_FALSE(reply);
  EXPECT_FALSE(stream);
  if (reply || stream) return "";
  EXPECT_EQ(stream.error().detail, reply.error().detail);
  return reply.error().detail;
}

TEST(Transport, names_a_file_of_authorities_that_cannot_be_read) {
  EXPECT_THAT(why("https://127.0.0.1:1/", limits_for("https://127.0.0.1:1", "/nowhere/ca.pem", false)),
              HasSubstr("/nowhere/ca.pem"));
}

TEST(Transport, says_what_allows_plain_http) {
  const std::string url = "http://192.0.2.1:1/";
  EXPECT_THAT(why(url, limits_for(url, "", false)), HasSubstr("DEPUTY_ALLOW_HTTP=1"));
}

TEST(Transport, leaves_any_other_fault_as_it_is) {
  const std::string url = "http://127.0.0.1:1/";
  EXPECT_THAT(why(url, limits_for(url, "", false)), HasSubstr("the call failed"));
}

}  // namespace
}  // namespace deputy::client
