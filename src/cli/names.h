// Names: what people call the records that a table speaks of by their ids.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/api.h"
#include "directory/kind.h"

namespace deputy::cli {

class Names {
 public:
  // A number of questions bounds each call of learn(), as what goes on for ever needs it, or all of them.
  enum class Bound { each_time, in_all };
  explicit Names(client::Api& api, Bound bound = Bound::each_time) : api_(api), bound_(bound) {}

  // Asks the server for all of these together, each once. What is gone, or out of the caller's reach, has no name; nor
  // has what a bounded number of questions does not bring.
  void learn(const std::vector<std::string>& ids);
  // "agent/travel-bot", as the command line takes it, or a resource's identifier; of what has no name, the id.
  std::string of(std::string_view id) const;

 private:
  std::size_t ask(directory::Kind kind, std::span<const std::string> ids, std::size_t most);

  client::Api& api_;
  Bound bound_;
  std::size_t asked_ = 0;
  std::map<std::string, std::string, std::less<>> names_;  // by id; empty: none
};

// In each of these columns of each item, the name in place of the id.
void put_names(json::array& items, std::span<const std::string_view> columns, Names& names);

}  // namespace deputy::cli
