// Ledger: which records earlier runs of one file made on one server, so that --prune removes those and no others.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "base/result.h"
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
        file_(std::exchange(other.file_, -1)),
        made_(std::move(other.made_)) {}
  ~Ledger();

  bool exists() const { return exists_; }
  const std::set<std::string>& made() const { return made_; }
  // There, with its title, and open for writing; whoever makes or removes something calls it first.
  Result<Done, Failure> begin();
  // On disk before they return: a run that is cut short has still noted what it made.
  Result<Done, Failure> add(const std::string& id, const std::string& symbol);
  Result<Done, Failure> remove(const std::string& id);

 private:
  Ledger(std::string path, std::string issuer) : path_(std::move(path)), issuer_(std::move(issuer)) {}
  Result<Done, Failure> append(const std::string& line);

  std::string path_, issuer_;
  bool exists_ = false;
  int file_ = -1;
  std::set<std::string> made_;
};

}  // namespace deputy::cli::apply
