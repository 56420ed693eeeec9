// The session: connects late, asks before it destroys, and keeps secrets out of where they were not asked for.
#include "cli/session.h"

#include <fmt/format.h>

#include <istream>
#include <ostream>

namespace deputy::cli {

client::Api& Session::connect(const Profile& profile) {
  transport_ = world_.transport(client::limits_for(profile.server, profile.ca_file, plain_http_allowed()));
  api_ = std::make_unique<client::Api>(*transport_, world_.clock, world_.random, profile.server,
                                       client::Credentials{profile.client_id, profile.secret.copy()});
  return *api_;
}

Result<client::Api*, Failure> Session::api() {
  if (!api_) {
    TRY(const Profile profile, choose_profile(world_, profile_));
    connect(profile);
  }
  return api_.get();
}

void Session::say(const std::string& sentence) {
  if (format_ == Format::table) out() << sentence << '\n';
}

void Session::did(const std::string& verb, const std::string& id) {
  say(verb + " " + id);
  if (!done_.contains(verb)) done_[verb] = json::array();
  done_[verb].as_array().emplace_back(id);
}

void Session::show_done() {
  if (format_ != Format::table && !done_.empty()) show(done_);
}

bool Session::asked(const std::string& question) {
  err() << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(world_.streams.in, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

Result<Done, Failure> Session::confirm(const std::string& question) {
  if (!asks() || asked(question)) return Done{};
  return refuse("nothing was done");
}

Result<Done, Failure> Session::confirm_many(const std::string& question) {
  if (yes_) return Done{};
  if (!world_.streams.in_is_terminal) return misuse(question + " Say --yes to go on");
  return confirm(question);
}

void Session::progress(const std::string& text) {
  if (!world_.streams.err_is_terminal) return;
  err() << "\r\x1b[2K" << text << std::flush;
  in_progress_ = true;
}

void Session::end_progress() {
  if (std::exchange(in_progress_, false)) err() << "\r\x1b[2K" << std::flush;
}

}  // namespace deputy::cli
