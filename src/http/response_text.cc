// Status line, fields, body, into one string and so into one write.
#include "http/response_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace deputy::http {
namespace {

constexpr std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "";  // the phrase is optional (RFC 9112 §4)
  }
}

bool breaks_line(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void append_number(std::string& out, std::size_t number, int base = 10) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number, base).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

// RFC 9110 §8.6: these never have content, nor a length of it.
bool has_no_content(int status) { return status == 204 || status == 304; }

}  // namespace

bool is_sendable(const Response& response) {
  if (response.status < 200 || response.status > 599 || breaks_line(response.content_type)) return false;
  return std::none_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return header.first.empty() || breaks_line(header.first) || breaks_line(header.second);
  });
}

void append_response(std::string& out, const Response& response, Body body, After after, std::string_view date,
                     std::string_view correlation_id) {
  const auto phrase = reason_phrase(response.status);
  const std::string_view content = response.document ? *response.document : response.body;
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  out.append(" ").append(phrase).append("\r\n").append(date);
  out.append(correlation_header).append(": ").append(correlation_id).append("\r\n");
  if (!response.content_type.empty()) out.append("Content-Type: ").append(response.content_type).append("\r\n");
  const bool no_content = has_no_content(response.status);
  if (body == Body::chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (body != Body::until_close && !no_content && !response.feed) {  // RFC 9110 §8.6: of a feed nobody knows it
    out.append("Content-Length: ");
    append_number(out, content.size());
    out.append("\r\n");
  }
  if (after == After::close) out.append("Connection: close\r\n");
  if (after == After::keep_1_0) out.append("Connection: keep-alive\r\n");
  for (const auto& [name, value] : response.headers) out.append(name).append(": ").append(value).append("\r\n");
  out.append(response.lines).append("\r\n");
  if (no_content || body == Body::none || content.empty()) return;
  if (body == Body::chunked)
    append_chunk(out, content);
  else
    out.append(content);
}

void append_chunk(std::string& out, std::string_view piece) {
  append_number(out, piece.size(), 16);
  out.append("\r\n").append(piece).append("\r\n");
}

std::string date_line(std::chrono::sys_seconds at) {
  constexpr std::array<const char*, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  std::array<char, 64> line;
  const int size = std::snprintf(
      line.data(), line.size(), "Date: %s, %02u %s %04d %02d:%02d:%02d GMT\r\n",
      weekdays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
      months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  return {line.data(), static_cast<std::size_t>(size)};
}

}  // namespace deputy::http
