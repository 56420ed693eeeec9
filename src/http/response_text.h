// A response as the bytes of HTTP/1.1 (RFC 9112 §4).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/message.h"

namespace deputy::http {

enum class Body { whole, none, chunked, until_close };  // `none`: the answer to HEAD, with GET's Content-Length
enum class After { keep, keep_1_0, close };             // HTTP/1.0 must be told that a connection stays

// False for what would not be one response: a status that is none, or a line break inside a field (RFC 9110 §5.5).
bool is_sendable(const Response& response);
// By which the log and the events have what was asked: of every answer, so that who is refused can say which it was.
constexpr std::string_view correlation_header = "X-Correlation-Id";
// Appends status line, fields and body. `date` is a whole line, as date_line() makes it.
void append_response(std::string& out, const Response& response, Body body, After after, std::string_view date,
                     std::string_view correlation_id);
void append_chunk(std::string& out, std::string_view piece);
constexpr std::string_view last_chunk = "0\r\n\r\n";

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" (RFC 9110 §5.6.7).
std::string date_line(std::chrono::sys_seconds at);

}  // namespace deputy::http
