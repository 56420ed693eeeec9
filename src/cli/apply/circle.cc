// A walk from each record to what it lies in, or what lies in it: who is met again on the way is in a circle.
#include "cli/apply/circle.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/refusal.h"

namespace deputy::cli::apply {
namespace {

// Ids; symbols of records that are to be made.
using Keys = std::vector<std::string>;

Keys ways_of(const Record& record) {
  if (record.kind == Kind::group) return record.members.value_or(Keys());
  const auto parent = record.kind == Kind::organization ? json_text(record.fields, "parent") : std::nullopt;
  return parent ? Keys{std::string(*parent)} : Keys();
}

class Walker {
 public:
  Walker(const std::vector<Wanted>& wanted, const std::vector<Record>& current, Problems& problems)
      : problems_(problems) {
    for (const Record& record : current) {
      ways_[record.id] = ways_of(record);
      records_[record.id] = &record;
    }
    for (const Wanted& one : wanted) {
      const std::string key = one.held != nullptr ? one.held->id : symbol_of(one.record);
      if (one.held == nullptr || one.record.kind != Kind::group || one.record.members) ways_[key] = ways_of(one.record);
      records_[key] = &one.record;
    }
  }

  void walk(const std::string& start) {
    if (seen_[start] != Seen::never) return;
    Keys path{start};
    std::vector<std::size_t> turns{0};  // which way is taken next, of each on the path
    seen_[start] = Seen::on_path;
    while (!path.empty()) {
      const Keys& ways = ways_[path.back()];
      if (turns.back() == ways.size()) {
        seen_[path.back()] = Seen::done;
        path.pop_back();
        turns.pop_back();
        continue;
      }
      const std::string& to = ways[turns.back()++];
      if (seen_[to] == Seen::on_path) tell(Keys(std::find(path.begin(), path.end(), to), path.end()));
      if (seen_[to] != Seen::never) continue;
      seen_[to] = Seen::on_path;
      path.push_back(to);
      turns.push_back(0);
    }
  }

  void run() {
    for (const auto& [key, record] : records_) walk(key);
  }

 private:
  enum class Seen { never, on_path, done };

  // Told of the one that stands first in the file; a record of the server has no line.
  void tell(Keys circle) {
    const auto line = [&](const std::string& key) { return records_.at(key)->line; };
    auto first = circle.end();
    for (auto key = circle.begin(); key != circle.end(); ++key)
      if (line(*key) > 0 && (first == circle.end() || line(*key) < line(*first))) first = key;
    if (first == circle.end()) return;  // not of this file's making
    std::rotate(circle.begin(), first, circle.end());
    const Record& record = *records_.at(circle.front());
    std::string others;
    for (std::size_t i = 1; i < circle.size(); ++i)
      others += (i == 1 ? ", by way of " : " and ") + symbol_of(*records_.at(circle[i]));
    problems_.push_back(
        {record.line, client::printable(symbol_of(record)) +
                          (record.kind == Kind::group ? ": is a member of itself" : ": lies below itself") +
                          client::printable(others) +
                          (record.kind == Kind::group ? "; take a member out" : "; take a parent away")});
  }

  Problems& problems_;
  std::map<std::string, Keys> ways_;
  std::map<std::string, const Record*> records_;
  std::map<std::string, Seen> seen_;
};

}  // namespace

void find_circles(const std::vector<Wanted>& wanted, const std::vector<Record>& current, Problems& problems) {
  Walker(wanted, current, problems).run();
}

}  // namespace deputy::cli::apply
