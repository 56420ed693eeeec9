// A request is read in the same way however its bytes come, and what is none is refused with the bytes that show it.
#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace deputy::http {
namespace {

const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

// As a connection gives bytes: what was not used comes again in front of what follows.
class Reading {
 public:
  Reading() { parser.start(request); }
  void give(std::string_view bytes) {
    unread_ += bytes;
    unread_.erase(0, parser.put(unread_));
  }

  RequestParser parser{{.header_bytes_max = 1024, .body_bytes_max = 100, .body_bytes_kept = {}}};
  Request request;

 private:
  std::string unread_;
};

// The head with `ahead` bytes of the body, and the others one by one.
void expect_body(const std::string& sent, std::size_t ahead, const std::string& body) {
  Reading reading;
  reading.give(chunked + sent.substr(0, ahead));
  for (const char byte : sent.substr(ahead)) {
    ASSERT_FALSE(reading.parser.done()) << sent << ": before its end";
    reading.give({&byte, 1});
    ASSERT_FALSE(reading.parser.refusal()) << sent;
  }
  EXPECT_TRUE(reading.parser.done()) << sent;
  EXPECT_EQ(reading.request.body, body) << sent;
}

// Whole, and with its bytes one by one.
void expect_malformed(const std::string& body) {
  Reading whole;
  whole.give(chunked + body);
  EXPECT_EQ(whole.parser.refusal(), Refusal::malformed) << body;
  Reading slow;
  slow.give(chunked);
  for (const char byte : body)
    if (!slow.parser.refusal()) slow.give({&byte, 1});
  EXPECT_EQ(slow.parser.refusal(), Refusal::malformed) << body;
}

TEST(RequestParser, a41_takes_a_chunked_body_byte_by_byte_as_it_takes_it_whole) {
  const std::pair<std::string, std::string> bodies[]{
      {"0\r\n\r\n", ""},
      {"0\r\nTrailer: x\r\n\r\n", ""},
      {"00\r\n\r\n", ""},
      {"3\r\nabc\r\n0\r\n\r\n", "abc"},
      {"4\r\n0\r\nx\r\n0\r\n\r\n", "0\r\nx"},
      {"3\r\n0\r\n\r\n1\r\n\r\r\n0\r\n\r\n", "0\r\n\r"},
      {"1;a=\"b;\\\"c\" ; d=e\r\nx\r\n0;f=\"g\"\r\n\r\n", "x"},
      {"1\t;\ta=\"\t\\\t\xc3\xa9~\"\r\nx\r\n0;f=\"\t\"\r\n\r\n", "x"},
  };
  for (const auto& [sent, body] : bodies)
    for (std::size_t ahead = 0; ahead <= sent.size(); ++ahead) expect_body(sent, ahead, body);
}

TEST(RequestParser, refuses_a_start_line_that_ends_before_a_version) {
  for (const auto* head : {"X\r\n\r\n", "GET /\r\n\r\n", "GET / \r\n\r\n", "GET / H\r\n\r\n", "GET / HTT\r\n\r\n",
                           "GET / HTTP/1\r\n\r\n", "GET / \r\nHost: x\r\n\r\n"}) {
    Reading reading;
    reading.give(head);
    EXPECT_EQ(reading.parser.refusal(), Refusal::malformed) << head;
  }
}

TEST(RequestParser, refuses_an_extension_that_is_quoted_beyond_its_line) {
  for (const auto* body : {"1;a=\"b\r\n", "1;a=\"b\\\r\n", "1;a=\"b\r\nc\"\r\n", "0;a=\"\r\n"}) expect_malformed(body);
}

// A front end that ends the line at the LF reads other chunks behind it, and other requests behind those.
TEST(RequestParser, a41_refuses_control_characters_that_an_extension_quotes) {
  const std::string controls("\x00\x01\x08\n\x0b\x0c\r\x0e\x1b\x1f\x7f", 11);
  for (const char control : controls)
    for (const std::string before : {"", "\\", "b"}) {
      const auto quoted = ";a=\"" + before + control + "\"\r\n";
      expect_malformed("3" + quoted + "abc\r\n0\r\n\r\n");
      expect_malformed("3\r\nabc\r\n2" + quoted + "de\r\n0\r\n\r\n");
      expect_malformed("3\r\nabc\r\n0" + quoted + "\r\n");
      expect_malformed("0" + quoted + "Trailer: x\r\n\r\n");
    }
}

}  // namespace
}  // namespace deputy::http
