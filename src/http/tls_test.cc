// TLS as a client meets it: versions, ALPN, the certificate of the moment (ATTACKS A41: TLS downgrade).
#include "http/tls.h"

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <fstream>
#include <future>

#include "http/certificate_test.h"
#include "http/raw_client_test.h"

namespace deputy::http {
namespace {

using testing::HasSubstr;

class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, std::string_view protocols = {}, int version_max = TLS1_3_VERSION,
                     const char* tls12_ciphers = "ALL")
      : socket_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
    SSL_CTX_set_security_level(context_, 0);  // an old client would not mind
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, version_max);
    SSL_CTX_set_cipher_list(context_, tls12_ciphers);
    ssl_ = SSL_new(context_);
    if (!protocols.empty())
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
    SSL_set_fd(ssl_, socket_.native());
    connected = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }

  std::string ask(std::string_view request) {
    SSL_write(ssl_, request.data(), static_cast<int>(request.size()));
    std::string answer;
    char bytes[4096];
    for (int size = 0; (size = SSL_read(ssl_, bytes, sizeof bytes)) > 0;) {
      answer.append(bytes, static_cast<std::size_t>(size));
      if (answer.find(" secure") != std::string::npos) break;
    }
    return answer;
  }
  std::string rest() {
    std::string all;
    char bytes[4096];
    int size = 0;
    while ((size = SSL_read(ssl_, bytes, sizeof bytes)) > 0) all.append(bytes, static_cast<std::size_t>(size));
    ended_well = SSL_get_error(ssl_, size) == SSL_ERROR_ZERO_RETURN;
    return all;
  }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  std::string certificate_name() const {
    X509* certificate = SSL_get1_peer_certificate(ssl_);
    char name[100] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    X509_free(certificate);
    return name;
  }

  bool connected = false;
  bool ended_well = false;

 private:
  RawClient socket_;
  SSL_CTX* context_;
  SSL* ssl_;
};

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

std::unique_ptr<Server> serving_tls(const Certificate& certificate, Handler handler = echo) {
  ServerConfig config;
  config.tls = certificate.tls;
  config.header_timeout = Seconds(1);
  return serving(config, std::move(handler));
}

TEST(TlsServer, answers_request_after_request) {
  const Certificate certificate("one");
  const auto server = serving_tls(certificate);
  TlsClient client(server->port());
  ASSERT_TRUE(client.connected);
  EXPECT_THAT(client.ask(get), HasSubstr("GET /a? [] 127.0.0.1 secure"));
  EXPECT_THAT(client.ask(get), HasSubstr("GET /a? [] 127.0.0.1 secure"));
}

TEST(TlsServer, answers_from_another_thread_and_says_that_it_ends) {
  const Certificate certificate("one");
  const auto server = serving_tls(certificate, [](const Request& request, Send send) {
    std::thread([request, send = std::move(send)] { echo(request, send); }).detach();
  });
  TlsClient client(server->port());
  EXPECT_THAT(client.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), HasSubstr("200 OK"));
  client.rest();
  EXPECT_TRUE(client.ended_well);
}

TEST(TlsServer, refuses_a_slow_header_over_tls_too) {
  const Certificate certificate("one");
  const auto server = serving_tls(certificate);
  TlsClient client(server->port());
  EXPECT_THAT(client.ask("GET / HT"), HasSubstr("HTTP/1.1 408 "));
}

TEST(TlsServer, a41_refuses_tls_1_1) {
  const Certificate certificate("one");
  const auto server = serving_tls(certificate);
  EXPECT_FALSE(TlsClient(server->port(), {}, TLS1_1_VERSION).connected);
  EXPECT_TRUE(TlsClient(server->port(), {}, TLS1_2_VERSION).connected);
}

// FAPI 2.0 §5.2.2
TEST(TlsServer, rfc9325_s4_2_speaks_tls_1_2_by_the_suites_that_are_recommended_alone) {
  const Certificate certificate("one");
  const auto server = serving_tls(certificate);
  const auto connects = [&](const char* ciphers) {
    return TlsClient(server->port(), {}, TLS1_2_VERSION, ciphers).connected;
  };
  EXPECT_TRUE(connects("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"));
  EXPECT_TRUE(connects("ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"));
  EXPECT_FALSE(connects("ALL:!ECDHE-ECDSA-AES128-GCM-SHA256:!ECDHE-RSA-AES128-GCM-SHA256:"
                        "!ECDHE-ECDSA-AES256-GCM-SHA384:!ECDHE-RSA-AES256-GCM-SHA384"));
}

TEST(TlsServer, chooses_http_1_1_and_nothing_else) {
  using namespace std::string_view_literals;
  const Certificate certificate("one");
  const auto server = serving_tls(certificate);
  EXPECT_EQ(TlsClient(server->port(), "\x02h2\x08http/1.1"sv).protocol(), "http/1.1");
  EXPECT_EQ(TlsClient(server->port()).protocol(), "");
  EXPECT_FALSE(TlsClient(server->port(), "\x02h2"sv).connected);
}

TEST(TlsServer, ends_a_handshake_that_does_not) {
  const Certificate certificate("one");
  const auto server = serving_tls(certificate);
  const auto before = refused_for("tls_handshake");
  RawClient silent(server->port());
  EXPECT_TRUE(silent.closed());
  EXPECT_EQ(refused_for("tls_handshake"), before + 1);
  RawClient plain(server->port());
  plain.send(get);
  EXPECT_THAT(plain.rest(), testing::Not(HasSubstr("200")));
  EXPECT_EQ(refused_for("tls_handshake"), before + 2);
}

// One byte of a ClientHello (RFC 8446 §5.1: a message may be split at will) of the greatest length a server reads.
std::string hello_fragments(std::size_t count, bool first) {
  using namespace std::string_view_literals;
  std::string fragments;
  for (const char byte : first ? "\x01\x01\xff\xff"sv : ""sv) fragments.append("\x16\x03\x01\0\1"sv).push_back(byte);
  while (fragments.size() < count * 6) fragments.append("\x16\x03\x01\0\1\3"sv);
  return fragments;
}

// The one reactor is held up for longer than a tick, again and again, so that the deadline comes while a step of the
// handshake is done and not looked at yet: the attack is one of time, and what is asserted is only how it ends.
TEST(TlsServer, a41_ends_a_handshake_whose_bytes_come_at_its_deadline) {
  const Certificate certificate("one");
  std::promise<void> never_kept;
  const auto server = serving_tls(certificate, [held = never_kept.get_future().share()](const Request& request,
                                                                                         Send send) {
    held.wait_for(std::chrono::milliseconds(110));
    echo(request, std::move(send));
  });
  TlsClient other(server->port());
  ASSERT_TRUE(other.connected);
  RawClient client(server->port());
  for (int i = 0; i < 15; ++i) {
    std::thread asking([&] { other.ask(get); });
    client.send(hello_fragments(7000, i == 0));
    asking.join();
  }
  client.rest();
  EXPECT_TRUE(client.ended()) << "silence after the deadline is not waited for";
}

TEST(TlsServer, takes_a_new_certificate_for_new_connections) {
  const Certificate first("first");
  const Certificate second("second");
  const auto server = serving_tls(first);
  TlsClient before(server->port());
  EXPECT_EQ(before.certificate_name(), "first");
  ASSERT_TRUE(server->reload_tls(second.tls));
  TlsClient after(server->port());
  EXPECT_EQ(after.certificate_name(), "second");
  EXPECT_THAT(before.ask(get), HasSubstr("200 OK"));
  EXPECT_THAT(after.ask(get), HasSubstr("200 OK"));
}

TEST(TlsServer, keeps_the_old_certificate_when_the_new_one_is_bad) {
  const Certificate first("first");
  const Certificate second("second");
  const auto server = serving_tls(first);
  const Tls mixed{.certificate_file = first.tls.certificate_file, .private_key_file = second.tls.private_key_file};
  const auto reloaded = server->reload_tls(mixed);
  ASSERT_FALSE(reloaded);
  EXPECT_EQ(reloaded.error().kind, Fault::Kind::invalid);
  EXPECT_FALSE(server->reload_tls({.certificate_file = "/nowhere", .private_key_file = "/nowhere"}));
  EXPECT_EQ(TlsClient(server->port()).certificate_name(), "first");
}

TEST(TlsServer, does_not_start_without_a_certificate_nor_turn_tls_on_later) {
  ServerConfig config;
  config.tls = Tls{.certificate_file = "/nowhere", .private_key_file = "/nowhere"};
  EXPECT_EQ(Server::listen(config, echo).error().kind, Fault::Kind::invalid);
  const Certificate certificate("one");
  EXPECT_EQ(serving()->reload_tls(certificate.tls).error().kind, Fault::Kind::invalid);
}

TEST(TlsServer, counts_nobody_who_only_looked_whether_there_is_a_server) {
  const Certificate certificate("one");
  const auto server = serving_tls(certificate);
  const auto before = refused_for("tls_handshake");
  RawClient probe(server->port());
  probe.finish_sending();
  EXPECT_TRUE(probe.closed());
  EXPECT_EQ(refused_for("tls_handshake"), before);
}

TEST(TlsServer, drains) {
  const Certificate certificate("one");
  const auto server = serving_tls(certificate);
  TlsClient client(server->port());
  EXPECT_THAT(client.ask(get), HasSubstr("200 OK"));
  std::thread stopper([&] { server->stop(); });
  client.rest();
  EXPECT_TRUE(client.ended_well);
  stopper.join();
}

}  // namespace
}  // namespace deputy::http
