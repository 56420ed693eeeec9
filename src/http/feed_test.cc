// A response that goes on: pieces as they come, a feed that wakes its connection, and the client that goes.
#include <gmock/gmock.h>

#include <future>

#include "http/raw_client_test.h"
#include "http/server.h"

namespace deputy::http {
namespace {

constexpr std::string_view get = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n";

class Numbers final : public Feed {
 public:
  explicit Numbers(int end) : end_(end) {}
  std::string next() override { return "piece " + std::to_string(++at_) + "\n"; }
  bool finished() const override { return at_ + 1 == end_; }

 private:
  int at_ = 0;
  int end_;
};

Handler feeding(int end) {
  return [end](const Request&, const Send& send) {
    Response response;
    response.content_type = "text/event-stream";
    response.body = "first\n";
    response.feed = std::make_shared<Numbers>(end);
    send(std::move(response));
  };
}

TEST(AFeed, is_streamed_in_chunks_until_it_is_finished) {
  const auto server = serving({}, feeding(2));
  RawClient client(server->port());
  client.send(get);
  EXPECT_TRUE(client.answer().has("Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(client.rest(), "6\r\nfirst\n\r\n8\r\npiece 1\n\r\n8\r\npiece 2\n\r\n0\r\n\r\n");
}

TEST(AFeed, is_plain_bytes_until_the_close_for_http_1_0) {
  const auto server = serving({}, feeding(2));
  RawClient client(server->port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_FALSE(client.answer().has("Transfer-Encoding"));
  EXPECT_EQ(client.rest(), "first\npiece 1\npiece 2\n");
}

TEST(AFeed, s8_6_has_no_length_that_head_could_tell) {
  const auto server = serving({}, feeding(2));
  RawClient client(server->port());
  client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = client.answer(false);
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.has("Content-Type: text/event-stream\r\n"));
  EXPECT_FALSE(head.has("Content-Length")) << head.head;
  client.send(get);
  EXPECT_TRUE(client.answer().has("Transfer-Encoding: chunked\r\n")) << "nothing of it has come before";
}

TEST(AFeed, ends_at_drain) {
  const auto server = serving({}, feeding(-1));
  RawClient client(server->port());
  client.send(get);
  ASSERT_TRUE(client.reads("piece 1"));
  server->stop();
  EXPECT_THAT(client.rest(), testing::EndsWith("\r\n0\r\n\r\n"));
}

// Nothing to say yet, and an answer that must not be empty.
class Waiting final : public Feed {
 public:
  explicit Waiting(bool over) : over_(over) {}
  std::string next() override { return {}; }
  bool finished() const override { return over_; }
  std::string farewell() override { return "{}"; }

 private:
  const bool over_;
};

TEST(AFeed, that_has_said_nothing_says_farewell_at_drain) {
  for (const bool chunked : {true, false}) {
    const auto server = serving({}, [](const Request&, const Send& send) {
      Response response;
      response.feed = std::make_shared<Waiting>(false);
      send(std::move(response));
    });
    RawClient client(server->port());
    client.send(chunked ? get : "GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(client.answer().status, 200);
    server->stop();
    EXPECT_EQ(client.rest(), chunked ? "2\r\n{}\r\n0\r\n\r\n" : "{}");
  }
}

TEST(AFeed, that_is_finished_says_no_farewell) {
  const auto server = serving({}, [](const Request&, const Send& send) {
    Response response;
    response.feed = std::make_shared<Waiting>(true);
    send(std::move(response));
  });
  RawClient client(server->port());
  client.send(get);
  EXPECT_EQ(client.answer().status, 200);
  EXPECT_EQ(client.rest(), "0\r\n\r\n");
}

// Says something only when it is woken: its own pause is longer than the test.
class Woken final : public Feed {
 public:
  explicit Woken(std::promise<std::function<void()>>& wake) : wake_(wake) {}
  void listen(std::function<void()> wake) override { wake_.set_value(std::move(wake)); }
  std::chrono::milliseconds pause() const override { return Seconds(3600); }
  std::string next() override { return at_++ == 0 ? "asleep\n" : "awake\n"; }
  bool finished() const override { return at_ == 1; }

 private:
  std::promise<std::function<void()>>& wake_;
  int at_ = 0;
};

TEST(AFeed, is_asked_at_once_when_it_wakes_its_connection) {
  std::promise<std::function<void()>> wake;
  const auto server = serving({}, [&](const Request&, const Send& send) {
    Response response;
    response.feed = std::make_shared<Woken>(wake);
    send(std::move(response));
  });
  RawClient client(server->port());
  client.send(get);
  ASSERT_TRUE(client.reads("asleep"));
  const auto ring = wake.get_future().get();
  ring();
  EXPECT_THAT(client.rest(), testing::EndsWith("awake\n\r\n0\r\n\r\n"));
  ring();  // the connection is gone: nobody is woken
}

// Finished by what it says; it is not to be waited for any more.
class Once final : public Feed {
 public:
  std::chrono::milliseconds pause() const override { return Seconds(3600); }
  std::string next() override { return std::exchange(said_, true) ? "" : "all\n"; }
  bool finished() const override { return said_; }

 private:
  bool said_ = false;
};

TEST(AFeed, ends_as_soon_as_it_is_finished) {
  const auto server = serving({}, [](const Request&, const Send& send) {
    Response response;
    response.feed = std::make_shared<Once>();
    send(std::move(response));
  });
  RawClient client(server->port());
  client.send(get);
  EXPECT_EQ(client.answer().status, 200);
  EXPECT_EQ(client.rest(), "4\r\nall\n\r\n0\r\n\r\n");
}

// One document in three pieces. The second waits to be asked for; or, where it is stuck, never comes.
class Document final : public Feed {
 public:
  enum class Second { at_once, when_asked, never };
  explicit Document(Second second) : second_(second) {}
  Ends ends() const override { return Ends::when_finished; }
  void listen(std::function<void()> wake) override { wake_ = std::move(wake); }
  std::chrono::milliseconds pause() const override { return Seconds(3600); }
  bool finished() const override { return at_ == 2; }
  std::string next() override {
    if (at_ == 1 && second_ == Second::never) return {};
    if (++at_ > 1 || second_ == Second::at_once) wake_();
    return "piece " + std::to_string(at_) + "\n";
  }

 private:
  const Second second_;
  int at_ = 0;
  std::function<void()> wake_;
};

Handler answering(Document::Second second) {
  return [second](const Request&, const Send& send) {
    Response response;
    response.feed = std::make_shared<Document>(second);
    send(std::move(response));
  };
}

constexpr std::string_view whole_document = "8\r\npiece 1\n\r\n8\r\npiece 2\n\r\n8\r\npiece 3\n\r\n0\r\n\r\n";

TEST(AFeed, that_is_one_document_is_sent_to_its_end_though_the_server_stops) {
  const auto server = serving({}, answering(Document::Second::when_asked));
  RawClient client(server->port());
  client.send(get);
  ASSERT_EQ(client.answer().status, 200);
  ASSERT_TRUE(client.reads("piece 1"));
  server->stop();
  EXPECT_EQ(client.rest(), whole_document);
}

TEST(AFeed, that_is_one_document_is_cut_off_for_all_to_see) {
  ServerConfig config;
  config.drain_timeout = Seconds(0);
  const auto server = serving(std::move(config), answering(Document::Second::never));
  RawClient client(server->port());
  client.send(get);
  ASSERT_EQ(client.answer().status, 200);
  ASSERT_TRUE(client.reads("piece 1"));
  server->stop();
  EXPECT_EQ(client.rest(), "8\r\npiece 1\n\r\n") << "the last chunk would say that it is whole";
}

TEST(AFeed, that_is_one_document_is_sent_to_who_says_no_more) {
  const auto server = serving({}, answering(Document::Second::at_once));
  RawClient client(server->port());
  client.send(get);
  client.finish_sending();
  ASSERT_EQ(client.answer().status, 200);
  EXPECT_EQ(client.rest(), whole_document);
}

class Quiet final : public Feed {
 public:
  explicit Quiet(std::promise<void>& gone) : gone_(gone) {}
  ~Quiet() override { gone_.set_value(); }
  std::string next() override { return {}; }

 private:
  std::promise<void>& gone_;
};

TEST(AFeed, is_let_go_when_the_client_goes) {
  std::promise<void> gone;
  const auto server = serving({}, [&](const Request&, const Send& send) {
    Response response;
    response.feed = std::make_shared<Quiet>(gone);
    send(std::move(response));
  });
  {
    RawClient client(server->port());
    client.send(get);
    EXPECT_EQ(client.answer().status, 200);
  }
  EXPECT_EQ(gone.get_future().wait_for(Seconds(10)), std::future_status::ready);
}

}  // namespace
}  // namespace deputy::http
