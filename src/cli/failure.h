// Failure: why a command did not do what it was asked, and with which exit status it says so.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "client/refusal.h"

namespace deputy::cli {

enum class Exit { done = 0, refused = 1, usage = 2 };  // 2: the command line is wrong; 1: the server, or the facts

struct Failure {
  Exit exit = Exit::refused;
  std::string sentence;  // shown as "deputy: sentence"; empty where all is said already
  int status = 0;        // of HTTP, where a server refused
  std::string field = {};  // of a document, where one is wrong

  Failure(Exit as, std::string text) : exit(as), sentence(std::move(text)) {}
  Failure(client::Refusal refusal)
      : sentence(std::move(refusal.sentence)), status(refusal.status), field(std::move(refusal.field)) {}
};

inline Fail<Failure> refuse(std::string sentence) { return Fail{Failure(Exit::refused, std::move(sentence))}; }
inline Fail<Failure> misuse(std::string sentence) { return Fail{Failure(Exit::usage, std::move(sentence))}; }

}  // namespace deputy::cli
