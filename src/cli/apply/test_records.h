// Records of a file and of a server, and what is planned between them, as tests write them.
#pragma once

#include <gtest/gtest.h>

#include "cli/apply/plan.h"
#include "cli/apply/show.h"

namespace deputy::cli::apply::test {

inline std::vector<Record> records(const std::string& text) {
  auto read = apply::read(text);
  if (!read) ADD_FAILURE() << read.error().front().line << ": " << read.error().front().sentence;
  return read ? std::move(read).take() : std::vector<Record>();
}
inline std::string problems(const std::string& text, const std::vector<Record>& current = {}) {
  auto read = apply::read(text);
  Problems all;
  if (!read) {
    all = read.error();
  } else if (const auto planned = plan(*read, current, {}); !planned) {
    all = planned.error();
  }
  std::string lines;
  for (const auto& problem : all) lines += std::to_string(problem.line) + ": " + problem.sentence + "\n";
  return lines;
}
inline std::string steps(const Plan& plan) {
  std::string lines;
  for (const auto& step : plan.steps) lines += difference(step, {});
  return lines;
}

inline Record held(const std::string& text, const std::string& id) {
  Record record = records(text).front();
  record.id = id;
  record.version = 3;
  return record;
}

// The symbols and members of a plan's steps, in their order.
inline std::vector<std::string> order(const Result<Plan, Problems>& planned) {
  if (!planned) ADD_FAILURE() << planned.error().front().sentence;
  std::vector<std::string> order;
  if (planned)
    for (const auto& step : planned->steps)
      order.push_back(step.symbol + (step.member.empty() ? "" : " " + step.member));
  return order;
}

}  // namespace deputy::cli::apply::test
