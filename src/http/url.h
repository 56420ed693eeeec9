// A URL that an outbound call may name, judged by the parser that will follow it.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "base/fault.h"
#include "base/result.h"

namespace deputy::http {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

enum class PlainHttp { refused, allowed };

// Faults: invalid, with a sentence that does not repeat the URL.
Result<Url, Fault> parse_url(const std::string& text, PlainHttp plain);

// One part, as curl spells it ("127.1" is 127.0.0.1); empty where there is none.
std::string part_of(const Url& url, CURLUPart which);

}  // namespace deputy::http
