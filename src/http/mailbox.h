// How an answer made on another thread comes home: letters pile up, and one post wakes the reactor for all of them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "http/asio.h"
#include "http/message.h"

namespace deputy::http {

class Connection;

// What a `Send` holds on to. It outlives connection and reactor: an answer that comes too late falls on the floor.
struct Door {
  std::shared_ptr<class Mailbox> mailbox;
  Connection* connection;  // touched on the reactor's thread only; null once it is gone
};

class Mailbox {
 public:
  explicit Mailbox(asio::io_context& reactor) : reactor_(&reactor) {}

  // Any thread.
  void put(std::shared_ptr<Door> door, std::uint64_t ticket, Response response);
  // Wakes a connection that streams a feed.
  void ring(std::shared_ptr<Door> door);
  // The reactor goes: letters after this are dropped.
  void close();

 private:
  struct Letter {
    std::shared_ptr<Door> door;
    std::uint64_t ticket;
    Response response;
  };
  void deliver();  // on the reactor's thread
  void send_for();  // a pile begins: the reactor is told, once

  std::mutex mutex_;
  std::vector<Letter> letters_;
  std::vector<Letter> delivering_;  // its memory is used again
  std::vector<std::shared_ptr<Door>> rings_, ringing_;
  asio::io_context* reactor_;
};

}  // namespace deputy::http
