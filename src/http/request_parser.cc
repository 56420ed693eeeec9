// The only file that knows Beast.
#include "http/request_parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include "http/text.h"

namespace deputy::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using Text = beast::string_view;

constexpr std::size_t header_count_max = 100;
constexpr std::size_t chunk_extension_bytes_max = 4096;  // in all chunks of a request together

std::string_view text_of(Text text) { return {text.data(), text.size()}; }

// RFC 9112 §3.2: visible ASCII; a fragment is not sent.
bool is_target(std::string_view target) {
  return std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

// RFC 9110 §7.2, and the characters of RFC 3986 §3.2 without user information: never empty for http and https.
bool is_host(std::string_view host) {
  constexpr std::string_view marks = "-._~:[]%!$&'()*+,;=";
  return !host.empty() && std::all_of(host.begin(), host.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || marks.find(c) != std::string_view::npos;
  });
}

// RFC 9110 §5.6.4: a quotation holds no control but HTAB. Beast takes them, and who ends a line at a bare LF would read
// other chunks than we do.
bool holds_control(std::string_view extension) {
  return std::any_of(extension.begin(), extension.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

class Parser final : public beast::http::basic_parser<true> {
 public:
  Parser(const RequestParser::Limits& limits, Request& request) : limits_(limits), request_(request) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    body_limit(limits.body_bytes_max);
    eager(true);
    request_.body.clear();
  }

  std::optional<Refusal> refusal;
  bool keep = false;
  bool http_1_0 = false;
  bool expects_continue = false;

 private:
  void refuse(Refusal why, error_code& error) {
    refusal = why;
    error = beast::http::error::bad_value;
  }

  void on_request_impl(beast::http::verb, Text method, Text target, int version, error_code& error) override {
    http_1_0 = version == 10;
    request_.method.assign(method.data(), method.size());
    if (request_.method == "CONNECT") return refuse(Refusal::method_unsupported, error);  // RFC 9110 §9.3.6
    if (!take_target(text_of(target))) refuse(Refusal::malformed, error);
  }

  // RFC 9112 §3.2.1 to §3.2.4: origin-form, absolute-form, and the asterisk of OPTIONS.
  bool take_target(std::string_view target) {
    if (!is_target(target)) return false;
    if (target == "*") {
      if (request_.method != "OPTIONS") return false;
    } else if (!target.starts_with('/')) {
      const auto scheme = target.find("://");
      if (scheme == std::string_view::npos) return false;
      if (!same_word(target.substr(0, scheme), "http") && !same_word(target.substr(0, scheme), "https")) return false;
      target.remove_prefix(scheme + 3);
      authority_ = target.substr(0, target.find_first_of("/?"));
      if (!is_host(authority_)) return false;
      target.remove_prefix(authority_.size());
    }
    const auto question = target.find('?');
    const auto path = target.substr(0, question);
    request_.path.assign(path.empty() ? "/" : path);
    request_.query.assign(question == std::string_view::npos ? "" : target.substr(question + 1));
    return true;
  }

  void on_field_impl(beast::http::field field, Text name, Text value, error_code& error) override {
    if (head_done_) return;  // a trailer field: none has a meaning here (RFC 9110 §6.5.1)
    if (headers_ == header_count_max) return refuse(Refusal::header_too_large, error);  // RFC 6585 §5
    using beast::http::field;
    switch (field) {
      case field::host: ++hosts_; if (!is_host(text_of(value))) return refuse(Refusal::malformed, error); break;
      case field::content_length:
        // RFC 9112 §6.3: a list of equal lengths may be accepted; nobody honest sends one.
        if (has_length_ || text_of(value).find(',') != std::string_view::npos) return refuse(Refusal::malformed, error);
        has_length_ = true;
        break;
      case field::transfer_encoding:
        // RFC 9110 §5.3: two lines are one list, and a list names a coding besides chunked.
        chunked_ = !has_coding_ && same_word(text_of(value), "chunked");
        has_coding_ = true;
        break;
      case field::expect:
        // RFC 9110 §5.3: two lines are one list.
        if (same_word(text_of(value), "100-continue"))
          expects_continue = true;
        else
          expects_other_ = true;
        break;
      default: break;
    }
    auto& headers = request_.headers;
    if (headers_ < headers.size()) {
      headers[headers_].first.assign(name.data(), name.size());
      headers[headers_].second.assign(value.data(), value.size());
    } else {
      headers.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
    ++headers_;
  }

  void on_header_impl(error_code& error) override {
    head_done_ = true;
    request_.headers.resize(headers_);
    // RFC 9112 §6.1: both lengths at once, or a coding in HTTP/1.0, is an attempt to smuggle.
    if (has_coding_ && (has_length_ || http_1_0)) return refuse(Refusal::malformed, error);
    // RFC 9112 §6.1: a coding the server does not understand.
    if (has_coding_ && !chunked_) return refuse(Refusal::coding_unsupported, error);
    // RFC 9112 §3.2: one Host, and HTTP/1.1 never without.
    if (hosts_ > 1 || (hosts_ == 0 && !http_1_0)) return refuse(Refusal::malformed, error);
    // RFC 9110 §10.1.1: any other expectation.
    if (expects_other_ && !http_1_0) return refuse(Refusal::expectation_failed, error);
    expects_continue = expects_continue && !http_1_0;
    keep = keep_alive();
    // RFC 9112 §3.2.2: the authority of an absolute target replaces Host.
    if (!authority_.empty())
      for (auto& [name, value] : request_.headers)
        if (same_word(name, "Host")) value = authority_;
    bound_body(error);
  }

  // RFC 9110 §10.1.1: who waits for 100 Continue hears at once that the body would be too large.
  void bound_body(error_code& error) {
    if (!limits_.body_bytes_kept || (!has_length_ && !has_coding_)) return;
    const auto kept = limits_.body_bytes_kept(request_);
    is_kept_ = kept.has_value();
    if (!kept || *kept >= limits_.body_bytes_max) return;
    if (has_length_ && *content_length() > *kept) return refuse(Refusal::body_too_large, error);
    body_limit(*kept);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    // A promise of a large body buys no memory before the body comes.
    constexpr std::uint64_t ahead_max = 16 * 1024;
    if (length && is_kept_) request_.body.reserve(static_cast<std::size_t>(std::min(*length, ahead_max)));
  }
  std::size_t on_body_impl(Text piece, error_code&) override {
    if (is_kept_) request_.body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text extension, error_code& error) override {
    // RFC 9112 §7.1.1: a server limits the total length of chunk extensions.
    extension_bytes_ += extension.size();
    if (extension_bytes_ > chunk_extension_bytes_max || holds_control(text_of(extension)))
      refuse(Refusal::malformed, error);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, Text piece, error_code& error) override {
    return on_body_impl(piece, error);
  }
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, Text, int, error_code&) override {}

  const RequestParser::Limits& limits_;
  Request& request_;
  std::string authority_;
  std::size_t headers_ = 0;
  std::size_t extension_bytes_ = 0;
  int hosts_ = 0;
  bool head_done_ = false;
  bool has_length_ = false;
  bool has_coding_ = false;
  bool chunked_ = false;
  bool expects_other_ = false;
  bool is_kept_ = true;
};

// "HTTP/2.0" is a version we do not speak; "HTCPCP" is no version at all.
bool names_a_version(std::string_view head) {
  const auto line = head.substr(0, head.find("\r\n"));
  const auto word = line.substr(line.rfind(' ') + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return word.size() == 8 && word.starts_with("HTTP/") && is_digit(word[5]) && word[6] == '.' && is_digit(word[7]) &&
         std::count(line.begin(), line.end(), ' ') == 2;
}

Refusal refusal_of(const error_code& error, std::string_view bytes) {
  using beast::http::error;
  if (error == error::header_limit) return Refusal::header_too_large;
  if (error == error::body_limit) return Refusal::body_too_large;
  if (error == error::bad_version && names_a_version(bytes)) return Refusal::version_unsupported;  // RFC 9110 §15.6.6
  return Refusal::malformed;
}

// RFC 9112 §7.1.1, RFC 9110 §5.6.4: an extension is quoted within its line. `unread` begins with a chunk's line; Beast
// looks for the end of a quotation in all that follows, and takes the chunk's size from the limit each time.
bool quotes_beyond_line(std::string_view unread) {
  if (unread.starts_with("\r\n")) unread.remove_prefix(2);  // of the chunk before
  const auto end = unread.find("\r\n");
  if (end == std::string_view::npos) return false;
  bool quoted = false;
  for (std::size_t at = 0; at < end; ++at) {
    if (unread[at] == '"') quoted = !quoted;
    if (quoted && unread[at] == '\\') ++at;
  }
  return quoted;
}

}  // namespace

struct RequestParser::State {
  Limits limits;
  std::optional<Parser> parser;
};

RequestParser::RequestParser(Limits limits) : state_(std::make_unique<State>(std::move(limits), std::nullopt)) {}
RequestParser::~RequestParser() = default;

void RequestParser::start(Request& request) { state_->parser.emplace(state_->limits, request); }

std::size_t RequestParser::put(std::string_view bytes) {
  auto& parser = *state_->parser;
  // RFC 9112 §7.1: behind a last chunk's line come two bytes at least. Beast asserts that it never sees only one.
  if (parser.is_header_done() && parser.chunked() && bytes.size() < 5 && bytes.starts_with("0\r\n")) return 0;
  error_code error;
  const auto used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error && error != beast::http::error::need_more && !parser.refusal) parser.refusal = refusal_of(error, bytes);
  // RFC 9112 §3: the whole head is here; of one that ends before a version might, the parser waits for more.
  if (!parser.refusal && !parser.is_header_done()) parser.refusal = Refusal::malformed;
  if (!parser.refusal && !parser.is_done() && parser.chunked() && quotes_beyond_line(bytes.substr(used)))
    parser.refusal = Refusal::malformed;
  return used;
}

bool RequestParser::done() const { return state_->parser->is_done(); }
const std::optional<Refusal>& RequestParser::refusal() const { return state_->parser->refusal; }
bool RequestParser::keep_alive() const { return state_->parser->keep; }
bool RequestParser::http_1_0() const { return state_->parser->http_1_0; }
bool RequestParser::expects_continue() const { return state_->parser->expects_continue; }

}  // namespace deputy::http
