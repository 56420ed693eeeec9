// Property: a request that is read whole is framed in one way, says where it goes, and is the same however it comes in
// pieces (RFC 9112); and what is forwarded is believed of the last proxy, not of who wrote it first.
#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "base/result.h"
#include "http/forwarded.h"
#include "http/head.h"
#include "http/request_parser.h"
#include "http/text.h"

using namespace deputy;
using http::HeadScan;

namespace {

constexpr std::size_t body_bytes_max = 1024;

bool is_visible(char c) { return c > ' ' && c < 0x7f; }

// The size of the head, once it is there.
std::optional<std::size_t> check_scan(std::string_view input) {
  HeadScan whole;
  const auto state = whole.scan(input);
  HeadScan slow;
  auto reached = HeadScan::State::incomplete;
  std::size_t end = 0;
  while (end < input.size() && reached == HeadScan::State::incomplete) reached = slow.scan(input.substr(0, ++end));
  // What begins like no request may be refused before its first line is there.
  if (input.empty() || is_visible(input[0]) || input[0] == '\r') CHECK(reached == state);
  if (state != HeadScan::State::complete) return std::nullopt;
  const auto head = input.substr(0, whole.size());
  CHECK(head.ends_with("\r\n"));
  for (std::size_t at = 0; (at = head.find('\n', at)) != std::string_view::npos; ++at)
    CHECK(at > 0 && head[at - 1] == '\r');
  CHECK(head.find("\n ") == std::string_view::npos && head.find("\n\t") == std::string_view::npos);
  return whole.size();
}

// What comes of it: a request, why it is refused, or neither where it ends before its body does.
struct Outcome {
  std::optional<http::Request> request;
  std::optional<http::Refusal> refusal;
};

// As a connection reads it: the head with what came along, `first` bytes, then the rest in pieces of at most `step`.
Outcome read(std::string_view input, std::size_t first, std::size_t step) {
  http::RequestParser parser({.header_bytes_max = 8192, .body_bytes_max = body_bytes_max, .body_bytes_kept = {}});
  http::Request request;
  parser.start(request);
  std::size_t begin = 0;
  for (auto end = first;; end = std::min(end + step, input.size())) {
    const auto used = parser.put(input.substr(begin, end - begin));
    CHECK(used <= end - begin);
    begin += used;
    if (parser.refusal()) return {.request = {}, .refusal = parser.refusal()};
    if (parser.done()) {
      CHECK(request.count("Host") <= 1 && (request.count("Host") == 1 || parser.http_1_0()));
      CHECK(!parser.expects_continue() || !parser.http_1_0());
      return {.request = std::move(request), .refusal = {}};
    }
    if (end == input.size()) return {};
  }
}

void check_request(const http::Request& request) {
  CHECK(!request.method.empty() && request.method != "CONNECT");
  CHECK(request.path.starts_with('/') || (request.path == "*" && request.method == "OPTIONS"));
  CHECK(std::all_of(request.path.begin(), request.path.end(), is_visible));
  CHECK(std::all_of(request.query.begin(), request.query.end(), is_visible));
  CHECK(request.path.find_first_of("?#") == std::string::npos && request.query.find('#') == std::string::npos);
  CHECK(request.headers.size() <= 100 && request.body.size() <= body_bytes_max);
  for (const auto& [name, value] : request.headers) {
    CHECK(!name.empty() && std::all_of(name.begin(), name.end(), is_visible));
    CHECK(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos && http::trim(value) == value);
  }
  // RFC 9112 §6.3: one length, told in one way.
  CHECK(request.count("Content-Length") + request.count("Transfer-Encoding") <= 1);
  CHECK(request.body.empty() || request.count("Content-Length") + request.count("Transfer-Encoding") == 1);
}

http::Request believed(http::Request request) {
  static const auto trusted = http::parse_blocks({"10.0.0.0/8", "fd00::/8"});
  request.peer = "10.0.0.1";
  http::believe_proxy(request, trusted);
  return request;
}

void check_forwarded(const http::Request& request) {
  const auto plain = believed(request);
  const auto address = http::parse_address(plain.peer);
  CHECK(address);
  CHECK(http::to_text(*address) == plain.peer);
  // What a client wrote stands to the left of what proxies did.
  auto forged = request;
  forged.headers.insert(forged.headers.begin(), {{"X-Forwarded-For", "192.0.2.66"}, {"X-Forwarded-Proto", "https"}});
  const auto lied_to = believed(forged);
  static const auto trusted = http::parse_blocks({"10.0.0.0/8", "fd00::/8"});
  CHECK(lied_to.peer == plain.peer || (http::contains(trusted, *address) && lied_to.peer == "192.0.2.66"));
  if (request.count("X-Forwarded-Proto") > 0) CHECK(lied_to.secure == plain.secure);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = as_text({data, size});
  const auto head = check_scan(input);
  if (!head || *head <= 2) return 0;
  const auto [whole, whole_refusal] = read(input, size, size);
  const auto [in_pieces, refusal] = read(input, *head, 1 + size / 64);
  CHECK(whole.has_value() == in_pieces.has_value() && whole_refusal == refusal);
  if (!whole) return 0;
  CHECK(whole->method == in_pieces->method && whole->path == in_pieces->path && whole->query == in_pieces->query);
  CHECK(whole->headers == in_pieces->headers && whole->body == in_pieces->body);
  check_request(*whole);
  check_forwarded(*whole);
  return 0;
}
