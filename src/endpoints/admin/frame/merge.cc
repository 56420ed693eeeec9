// The smallest first record of all sources is the next one; a source that runs dry is read on at once.
#include "endpoints/admin/frame/merge.h"

#include <algorithm>

namespace deputy::endpoints::admin {

Merge::Merge(std::vector<Where> sources, std::string after, std::size_t ahead, std::size_t read_max, Read read)
    : last_(std::move(after)), ahead_(ahead), read_max_(read_max), read_more_(std::move(read)) {
  for (auto& where : sources) sources_.push_back({.where = std::move(where), .ahead = {}});
}

Result<Done, Fault> Merge::fill(std::size_t at, const std::string& after, std::size_t limit) {
  auto& source = sources_[at];
  TRY(auto records, read_more_({.after = after, .limit = limit, .where = source.where}));
  read_ += records.size();
  source.over = records.size() < limit;
  for (auto& record : records) source.ahead.push_back(std::move(record));
  if (!source.ahead.empty()) heads_.emplace(source.ahead.front().id, at);
  return Done{};
}

Result<Done, Fault> Merge::begin() {
  begun_ = true;
  if (sources_.empty()) return Done{};
  const auto share = std::clamp<std::size_t>(read_max_ / 2 / sources_.size(), 1, ahead_);
  for (std::size_t at = 0; at < sources_.size(); ++at) {
    TRY(auto filled, fill(at, last_, share));
  }
  return Done{};
}

Result<std::optional<store::Record>, Fault> Merge::next() {
  if (!begun_) {
    TRY(auto begun, begin());
  }
  while (!spent_ && !heads_.empty()) {
    const auto at = heads_.top().second;
    heads_.pop();
    auto& source = sources_[at];
    auto record = std::move(source.ahead.front());
    source.ahead.pop_front();
    if (!source.ahead.empty()) {
      heads_.emplace(source.ahead.front().id, at);
    } else if (!source.over && read_ >= read_max_) {
      spent_ = true;
    } else if (!source.over) {
      TRY(auto filled, fill(at, record.id, ahead_));
    }
    if (record.id == last_) continue;  // another source had it too
    last_ = record.id;
    return std::optional(std::move(record));
  }
  return std::optional<store::Record>();
}

}  // namespace deputy::endpoints::admin
