// Session: one command's dealings with the server and the person: who it is, how it shows things, what it asks.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/failure.h"
#include "cli/output.h"
#include "cli/profile.h"
#include "cli/world.h"
#include "client/api.h"

namespace deputy::cli {

class Session {
 public:
  Session(const World& world, Format format, std::string profile, bool yes)
      : world_(world), format_(format), profile_(std::move(profile)), yes_(yes) {}

  const World& world() const { return world_; }
  std::ostream& out() { return world_.streams.out; }
  std::ostream& err() { return world_.streams.err; }
  Format format() const { return format_; }
  const std::string& profile_name() const { return profile_; }  // as asked for; empty: the current one

  // The server of the chosen profile. Made at the first call; lives as long as the session.
  Result<client::Api*, Failure> api();
  // A connection to another server, or as another client.
  client::Api& connect(const Profile& profile);
  // From now on that connection's tokens are bound to this key.
  void bind_to(client::DpopKey key) {
    key_ = std::move(key);
    api_->bind_to(*key_);
  }
  bool plain_http_allowed() const { return world_.environment("DEPUTY_ALLOW_HTTP") == "1"; }

  void show(const json::object& record) { show_record(out(), format_, record); }
  void show(const json::array& items, const Columns& columns) { show_list(out(), format_, items, columns); }
  // A sentence for a person; nothing where a script reads the output.
  void say(const std::string& sentence);

  // What was taken away, as `verb` says: a line at once for a person; for a script one object, by show_done().
  void did(const std::string& verb, const std::string& id);
  void show_done();

  // Is somebody there who would be asked?
  bool asks() const { return !yes_ && world_.streams.in_is_terminal; }
  // At a terminal: asks, unless --yes. Elsewhere nobody is there to ask; what is named is done.
  Result<Done, Failure> confirm(const std::string& question);
  // As above, but elsewhere --yes is needed: for what the command line does not name one by one.
  Result<Done, Failure> confirm_many(const std::string& question);

  // Before the server is asked again for what it had not finished.
  void wait(Millis time) {
    if (transport_) transport_->wait(time);
  }

  // On standard error, over the line before, where that is a terminal.
  void progress(const std::string& text);
  void end_progress();

 private:
  bool asked(const std::string& question);

  const World& world_;
  Format format_;
  std::string profile_;
  bool yes_;
  bool in_progress_ = false;
  json::object done_;  // by verb: ids
  std::unique_ptr<client::Transport> transport_;
  std::optional<client::DpopKey> key_;
  std::unique_ptr<client::Api> api_;
};

}  // namespace deputy::cli
