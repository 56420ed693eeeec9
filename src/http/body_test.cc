// How much of a body is read and kept: by what its head asks for, and by what all have together.
#include <gtest/gtest.h>

#include <condition_variable>
#include <limits>
#include <mutex>

#include "http/raw_client_test.h"

namespace deputy::http {
namespace {

std::string post(std::string_view path, std::size_t length, std::string_view more = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(more) + "\r\n";
}
std::string whole(std::string_view path, std::size_t length) { return post(path, length) + std::string(length, 'b'); }

// "/ten" takes ten bytes, "/all" what the server takes, and nothing is at any other path.
ServerConfig by_path() {
  ServerConfig config;
  config.body_bytes_max = 100'000;
  config.body_bytes_kept = [](const Request& head) -> std::optional<std::size_t> {
    if (head.path == "/ten") return 10;
    if (head.path == "/all") return std::numeric_limits<std::size_t>::max();
    return std::nullopt;
  };
  return config;
}

TEST(Body, a41_is_held_to_what_its_path_takes_before_it_is_sent) {
  const auto server = serving(by_path());
  EXPECT_EQ(RawClient(server->port()).ask(whole("/ten", 10)).status, 200);
  EXPECT_EQ(RawClient(server->port()).ask(post("/ten", 11)).status, 413);
  EXPECT_EQ(RawClient(server->port()).ask(post("/ten", 11, "Expect: 100-continue\r\n")).status, 413);
  EXPECT_EQ(RawClient(server->port()).ask(post("/ten", 10, "Expect: 100-continue\r\n")).status, 100);
  const std::string head = "POST /ten HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(RawClient(server->port()).ask(head + "5\r\nbbbbb\r\n5\r\nbbbbb\r\n0\r\n\r\n").status, 200);
  EXPECT_EQ(RawClient(server->port()).ask(head + "5\r\nbbbbb\r\n6\r\nbbbbbb\r\n").status, 413);
  EXPECT_EQ(RawClient(server->port()).ask(whole("/all", 100'000)).status, 200);
  EXPECT_EQ(RawClient(server->port()).ask(post("/all", 100'001)).status, 413);
}

TEST(Body, a41_that_nobody_reads_is_not_kept) {
  const auto server = serving(by_path());
  RawClient client(server->port());
  const auto answer = client.ask(whole("/nowhere", 100'000));
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("POST /nowhere? [] "), std::string::npos);
  EXPECT_NE(client.ask(whole("/all", 3)).body.find("[bbb]"), std::string::npos) << "the next request is found";
  EXPECT_EQ(RawClient(server->port()).ask(post("/nowhere", 100'001)).status, 413);
}

// Beyond its own 16 KiB, all have 1,000 bytes together.
class Together : public testing::Test {
 protected:
  static constexpr std::size_t free = 16 * 1024, shared = 1000;
  Together() {
    ServerConfig config;
    config.bodies_bytes_max = shared;
    server = serving(std::move(config));
  }
  int status(std::size_t length) { return RawClient(server->port()).ask(whole("/", length)).status; }
  std::unique_ptr<Server> server;
};

TEST_F(Together, a41_bodies_are_bounded_and_small_ones_always_read) {
  RawClient slow(server->port());
  slow.send(post("/", free + shared) + std::string(free + shared - 1, 'b'));
  while (status(free + 2) == 200) {
  }  // until what came of the slow one is counted
  const auto before = refused_for("bodies_too_large");
  const auto refused = RawClient(server->port()).ask(whole("/", free + 2));
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.has("Retry-After: 1\r\n"));
  EXPECT_EQ(refused_for("bodies_too_large"), before + 1);
  EXPECT_EQ(status(free), 200);
  EXPECT_EQ(slow.ask("b").status, 200);
  EXPECT_EQ(status(free + shared), 200) << "the slow one's room is there again";
}

TEST_F(Together, a_body_that_is_answered_refused_or_cut_off_gives_its_room_back) {
  RawClient kept(server->port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(kept.ask(whole("/", free + shared)).status, 200);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status(free + shared + 1), 503);
  EXPECT_EQ(status(free + shared), 200);
  {
    RawClient gone(server->port());
    gone.send(post("/", free + shared) + std::string(free + shared - 1, 'b'));
    while (status(free + 2) == 200) {
    }
  }
  while (status(free + shared) != 200) {
  }  // until it is seen that the other is gone
}

TEST(Body, has_no_memory_while_its_answer_is_waited_for) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Send> waiting;
  ServerConfig config;
  config.bodies_bytes_max = 1000;
  const auto server = serving(std::move(config), [&](const Request&, Send send) {
    std::lock_guard lock(mutex);
    waiting.push_back(std::move(send));
    changed.notify_all();
  });
  RawClient first(server->port()), second(server->port());
  for (auto* client : {&first, &second}) client->send(whole("/", 16 * 1024 + 1000));
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waiting.size() == 2; });
    for (auto& send : waiting) send({});
  }
  EXPECT_EQ(first.answer().status, 200);
  EXPECT_EQ(second.answer().status, 200);
}

}  // namespace
}  // namespace deputy::http
