// Outbound HTTP by libcurl: one easy handle a call, every default that could surprise switched off.
#include "http/client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/address.h"
#include "http/ca_file.h"
#include "http/text.h"
#include "http/url.h"

namespace deputy::http {
namespace {

constexpr std::size_t header_bytes_max = 64 * 1024;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;
using OnChunk = std::function<bool(std::string_view)>;

// curl_global_init is not to be raced; a static is initialised once.
bool curl_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

// What the callbacks of one call share.
struct Transfer {
  const FetchLimits& limits;
  CURL* easy;
  const OnChunk* on_chunk = nullptr;
  Reply reply{};
  std::size_t header_bytes = 0;
  bool address_refused = false;
  bool too_large = false;
  bool stopped = false;  // on_chunk has had enough
};

// RFC 9700 §4.11, SSRF: the address judged is the one the socket will go to, after DNS has had its last word.
curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* to) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (!transfer.limits.allow_special_addresses) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* address = nullptr;
    if (to->family == AF_INET) address = &reinterpret_cast<const sockaddr_in*>(&to->addr)->sin_addr;
    if (to->family == AF_INET6) address = &reinterpret_cast<const sockaddr_in6*>(&to->addr)->sin6_addr;
    if (address == nullptr || ::inet_ntop(to->family, address, text.data(), text.size()) == nullptr ||
        is_special_address(text.data())) {
      transfer.address_refused = true;
      return CURL_SOCKET_BAD;
    }
  }
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const std::string_view line(data, size);
  transfer.header_bytes += size;
  if (transfer.header_bytes > header_bytes_max) {
    transfer.too_large = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) transfer.reply.headers.clear();  // what came before was a 100 Continue
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  auto value = line.substr(colon + 1);
  while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
  transfer.reply.headers.emplace_back(line.substr(0, colon), trim(value));
  return size;
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const std::string_view piece(data, size);
  if (transfer.on_chunk != nullptr) {
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 2) {
      transfer.stopped = !(*transfer.on_chunk)(piece);
      return transfer.stopped ? 0 : size;
    }
  }
  if (transfer.reply.body.size() + size > transfer.limits.bytes_max) {
    transfer.too_large = true;
    return 0;
  }
  transfer.reply.body.append(piece);
  return size;
}

bool breaks_line(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

Result<List, Fault> header_list(const Call& call) {
  auto headers = call.headers;
  if (!call.content_type.empty()) headers.emplace_back("Content-Type", call.content_type);
  headers.emplace_back("Expect", "");  // no waiting for a 100 Continue
  List list;
  for (const auto& [name, value] : headers) {
    // RFC 9110 §5.5: a line break in a field would begin another.
    if (name.empty() || breaks_line(name) || breaks_line(value))
      return Fail{Fault{Fault::Kind::invalid, "a header field has a line break in it"}};
    const bool bare = value.empty() && name != "Expect";  // curl: "Name;" sends an empty field, "Name:" removes it
    const auto line = bare ? name + ";" : name + ": " + value;
    auto* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return Fail{Fault{Fault::Kind::unavailable, "curl is out of memory"}};
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

void set_limits(CURL* easy, Transfer& transfer) {
  const auto& limits = transfer.limits;
  const auto timeout = static_cast<long>(limits.timeout.count());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout);
  if (transfer.on_chunk == nullptr) {
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
  } else {
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.silence_max.count()));
  }
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, limits.allow_plain_http ? "https,http" : "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // the environment's proxy would choose the address in our place
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!limits.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, limits.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
}

void set_request(CURL* easy, const Call& call) {
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "deputy/" DEPUTY_VERSION);
  if (call.method == "GET") return;
  if (call.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!call.body.empty() || call.method == "POST" || call.method == "PUT" || call.method == "PATCH") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.body.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
}

Result<Done, Fault> fault_of(CURLcode code, const Transfer& transfer) {
  using Kind = Fault::Kind;
  if (code == CURLE_OK || transfer.stopped) return Done{};
  if (transfer.address_refused)
    return Fail{Fault{Kind::invalid, "the host's address is not one of the public Internet"}};
  if (transfer.too_large) return Fail{Fault{Kind::unavailable, "the answer is larger than the limit"}};
  if (code == CURLE_PEER_FAILED_VERIFICATION) return Fail{Fault{Kind::unavailable, std::string(untrusted)}};
  if (code == CURLE_UNSUPPORTED_PROTOCOL) return Fail{Fault{Kind::invalid, "the URL is not https"}};
  return Fail{Fault{Kind::unavailable, std::string("the call failed: ") + curl_easy_strerror(code)}};
}

Result<Reply, Fault> perform(const Call& call, const FetchLimits& limits, const OnChunk* on_chunk) {
  TRY(auto url, parse_url(call.url, limits.allow_plain_http ? PlainHttp::allowed : PlainHttp::refused));
  // RFC 9110 §9.1: a method is a token.
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (call.method.empty() || !std::all_of(call.method.begin(), call.method.end(), is_capital))
    return Fail{Fault{Fault::Kind::invalid, "the method is not one"}};
  TRY(const auto headers, header_list(call));
  const Easy easy(curl_ready() ? curl_easy_init() : nullptr);
  if (!easy) return Fail{Fault{Fault::Kind::unavailable, "curl cannot be initialised"}};
  Transfer transfer{.limits = limits, .easy = easy.get(), .on_chunk = on_chunk};
  set_limits(easy.get(), transfer);
  set_request(easy.get(), call);
  curl_easy_setopt(easy.get(), CURLOPT_CURLU, url.get());
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  const auto code = curl_easy_perform(easy.get());
  TRY(const auto done, fault_of(code, transfer));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  transfer.reply.status = static_cast<int>(status);
  return std::move(transfer.reply);
}

}  // namespace

std::optional<std::string_view> Reply::header(std::string_view name) const { return only_value(headers, name); }

Result<Fetched, Fault> fetch(const std::string& url, const FetchLimits& limits) {
  Call get{.method = "GET", .url = url, .body = {}, .content_type = {}, .headers = {}};
  TRY(auto reply, call(get, limits));
  // A document is at its URL or it is not: where a redirect leads, nobody has configured.
  if (reply.status / 100 == 3) return Fail{Fault{Fault::Kind::unavailable, "the answer is a redirect"}};
  std::string cache_control;  // RFC 9110 §5.3: several lines are one list
  for (const auto& [name, value] : reply.headers)
    if (same_word(name, "Cache-Control")) cache_control.append(cache_control.empty() ? "" : ", ").append(value);
  return Fetched{.status = reply.status, .body = std::move(reply.body), .cache_control = std::move(cache_control)};
}

std::optional<std::string_view> why_never_fetched(const std::string& text, const FetchLimits& limits) {
  const auto url = parse_url(text, PlainHttp::allowed);
  if (!url) return "Send an https:// URL, without user information.";
  if (!limits.allow_plain_http && part_of(*url, CURLUPART_SCHEME) != "https") return "Send an https:// URL.";
  // OIDC Back-Channel Logout §2.2; RFC 3986 §3.5: a fragment goes to nobody.
  if (text.find('#') != std::string::npos) return "Send a URL without a fragment.";
  if (limits.allow_special_addresses) return std::nullopt;
  auto host = part_of(*url, CURLUPART_HOST);
  while (host.ends_with('.')) host.pop_back();
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool local = same_word(host, "localhost") ||
                     (host.size() > 10 && same_word(std::string_view(host).substr(host.size() - 10), ".localhost"));
  // RFC 9700 §4.11, SSRF; RFC 6890 §2, RFC 6761 §6.3: nothing of the public Internet is there.
  if (local || (parse_address(host) && is_special_address(host)))
    return "Send the URL of a public host: this address is for special use (RFC 6890).";
  return std::nullopt;
}

Result<Reply, Fault> call(const Call& call, const FetchLimits& limits) { return perform(call, limits, nullptr); }

Result<Reply, Fault> call_streaming(const Call& call, const FetchLimits& limits, const OnChunk& on_chunk) {
  return perform(call, limits, &on_chunk);
}

}  // namespace deputy::http
