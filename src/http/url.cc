// One parse: curl's own, so that what is judged is what is fetched.
#include "http/url.h"

#include <string_view>

namespace deputy::http {
namespace {

Fail<Fault> invalid(const char* what) { return Fail{Fault{Fault::Kind::invalid, what}}; }

bool is_printable(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c >= 0x7f) return false;
  return true;
}

}  // namespace

std::string part_of(const Url& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

Result<Url, Fault> parse_url(const std::string& text, PlainHttp plain) {
  Url url(curl_url());
  if (!url) return Fail{Fault{Fault::Kind::unavailable, "curl is out of memory"}};
  // RFC 3986 §2: a URL is visible ASCII; a control character in it is an injection.
  if (!is_printable(text) || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    return invalid("the URL is not well-formed");
  const auto scheme = part_of(url, CURLUPART_SCHEME);
  // RFC 7517 §5 by way of RFC 8414 §2: keys and metadata are fetched over TLS.
  if (scheme != "https" && !(scheme == "http" && plain == PlainHttp::allowed)) return invalid("the URL is not https");
  // RFC 3986 §3.2.1, §7.5: user information hides the real host from a reader.
  if (text.substr(0, text.find_first_of("/?#", scheme.size() + 3)).find('@') != std::string::npos)
    return invalid("the URL has user information in it");
  return url;
}

}  // namespace deputy::http
