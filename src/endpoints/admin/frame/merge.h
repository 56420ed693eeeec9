// Merge: what several look-ups find as one sequence, in order of id, each record once, by a bounded number of reads.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace deputy::endpoints::admin {

class Merge {
 public:
  using Where = std::optional<store::Index>;
  using Read = std::function<Result<std::vector<store::Record>, Fault>(const store::Page&)>;

  // Records after the id `after`. At first each of `sources` is asked for its share of half of `read_max`, and then
  // whichever runs dry for `ahead` more at a time, until `read_max` have been read.
  Merge(std::vector<Where> sources, std::string after, std::size_t ahead, std::size_t read_max, Read read);

  // None: there are no more, or it is spent.
  Result<std::optional<store::Record>, Fault> next();
  // What comes after the last record is not known: `read_max` have been read, and a source may have more.
  bool spent() const { return spent_; }

 private:
  struct Source {
    Where where;
    std::deque<store::Record> ahead;
    bool over = false;  // there is nothing behind what was read
  };
  using Head = std::pair<std::string, std::size_t>;  // the id of a source's first record, and which source

  Result<Done, Fault> fill(std::size_t at, const std::string& after, std::size_t limit);
  Result<Done, Fault> begin();

  std::vector<Source> sources_;
  std::string last_;
  std::size_t ahead_, read_max_;
  Read read_more_;
  std::size_t read_ = 0;
  bool begun_ = false, spent_ = false;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
};

}  // namespace deputy::endpoints::admin
