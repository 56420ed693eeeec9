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

}  // namespace deputy::http
