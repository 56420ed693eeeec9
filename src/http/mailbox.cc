// One lock, one post a pile.
#include "http/mailbox.h"

#include "http/connection.h"
#include "http/reactor.h"

namespace deputy::http {

void Mailbox::put(std::shared_ptr<Door> door, std::uint64_t ticket, Response response) {
  std::lock_guard lock(mutex_);
  if (reactor_ == nullptr) return;
  send_for();
  letters_.push_back({std::move(door), ticket, std::move(response)});
}

void Mailbox::ring(std::shared_ptr<Door> door) {
  std::lock_guard lock(mutex_);
  if (reactor_ == nullptr) return;
  send_for();
  rings_.push_back(std::move(door));
}

void Mailbox::send_for() {
  if (letters_.empty() && rings_.empty()) asio::post(*reactor_, [this] { deliver(); });
}

void Mailbox::close() {
  std::lock_guard lock(mutex_);
  reactor_ = nullptr;
  letters_.clear();
  rings_.clear();
}

void Mailbox::deliver() {
  {
    std::lock_guard lock(mutex_);
    delivering_.swap(letters_);
    ringing_.swap(rings_);
  }
  Reactor::current()->stir();
  // A connection that goes on may take its next request, whose handler may put a letter: into letters_, not here.
  for (auto& letter : delivering_)
    if (letter.door->connection != nullptr) letter.door->connection->deliver(letter.ticket, std::move(letter.response));
  delivering_.clear();
  for (auto& door : ringing_)
    if (door->connection != nullptr) door->connection->ring();
  ringing_.clear();
}

}  // namespace deputy::http
