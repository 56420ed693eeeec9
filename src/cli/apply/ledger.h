// Ledger: which records earlier runs of one file made on one server, so that --prune removes those and no others.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/apply/record.h"
#include "cli/failure.h"
#include "cli/world.h"

namespace deputy::cli::apply {

class Ledger {
 public:
  // Where it is kept if the command line does not say: a file of the user's own, for this file on this server.
  static Result<std::string, Failure> default_path(const World& world, const std::string& issuer,
                                                   const std::string& file);
  // An absent ledger is an empty one.
  static Result<Ledger, Failure> open(std::string path, const std::string& issuer);

  Ledger(Ledger&& other) noexcept
      : path_(std::move(other.path_)),
        issuer_(std::move(other.issuer_)),
        exists_(other.exists_),
        torn_(other.torn_),
        file_(std::exchange(other.file_, -1)),
        made_(std::move(other.made_)),
        pending_(std::move(other.pending_)),
        settled_(std::move(other.settled_)) {}
  ~Ledger();

  bool exists() const { return exists_; }
  const std::set<std::string>& made() const { return made_; }
  // What earlier runs asked for, and ended before they had the answer: the one record of the server that is known so,
  // and was made at about that time, was made by them. `all_seen`: the caller may read every kind, so that what is not
  // there was not made.
  void settle(const std::vector<Record>& current, bool all_seen);
  bool is_behind() const { return !settled_.empty(); }  // something was settled that the file does not say yet
  // There, with its title, and open for writing; whoever makes or removes something calls it first.
  Result<Done, Failure> begin();
  // On disk before they return: a run that is cut short has still noted what it made, and what it was about to make.
  // `what`: known_as().
  Result<Done, Failure> ask(const std::string& what, Instant now);  // before the request
  Result<Done, Failure> add(const std::string& id, const std::string& what);
  Result<Done, Failure> refused(const std::string& what);
  Result<Done, Failure> remove(const std::string& id);

 private:
  Ledger(std::string path, std::string issuer) : path_(std::move(path)), issuer_(std::move(issuer)) {}
  bool write(const std::string& lines);  // errno says why not
  Result<Done, Failure> append(const std::string& line);

  std::string path_, issuer_;
  bool exists_ = false, torn_ = false;  // torn: its last line has no end
  int file_ = -1;
  std::set<std::string> made_;  // ids
  // What was asked for and is not known to be made or refused, and when, which older ledgers do not say.
  std::map<std::string, std::optional<Instant>> pending_;
  std::string settled_;  // lines that the file does not have yet
};

}  // namespace deputy::cli::apply
