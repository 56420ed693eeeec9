// Bytes to a Request, by Boost.Beast's parser, with the refusals of RFC 9112 that it leaves to others.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "http/message.h"
#include "http/refusal.h"

namespace deputy::http {

class RequestParser {
 public:
  struct Limits {
    std::size_t header_bytes_max;
    std::size_t body_bytes_max;  // of the body once unchunked
    // How many of them after such a head; none: what comes is read, and not kept. Not set: as many as there may be.
    std::function<std::optional<std::size_t>(const Request& head)> body_bytes_kept;
  };
  explicit RequestParser(Limits limits);
  ~RequestParser();

  // Begins the next request. `request` is filled from then on; its strings keep the memory they have.
  void start(Request& request);
  // Takes bytes, the first time the whole head at least, and returns how many were used; the rest must come again in
  // front of what follows.
  std::size_t put(std::string_view bytes);

  bool done() const;
  const std::optional<Refusal>& refusal() const;
  bool keep_alive() const;
  bool http_1_0() const;
  bool expects_continue() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deputy::http
