// Failure: why a command did not do what it was asked, and with which exit status it says so.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "client/refusal.h"

namespace deputy::cli {

// 1: the server, or the facts; 2: the command line is wrong; 3: what may pass by itself, so that a script tries again.
enum class Exit { done = 0, refused = 1, usage = 2, later = 3 };

struct Failure {
  Exit exit = Exit::refused;
  std::string sentence;  // shown as "deputy: sentence"; empty where all is said already
  int status = 0;        // of HTTP, where a server refused
  std::string field = {};  // of a document, where one is wrong
  std::string code = {}, detail = {}, correlation_id = {};  // as the server gave them

  Failure(Exit as, std::string text) : exit(as), sentence(std::move(text)) {}
  Failure(client::Refusal refusal)
      : exit(client::passes_by_itself(refusal) ? Exit::later : Exit::refused),
        sentence(std::move(refusal.sentence)),
        status(refusal.status),
        field(std::move(refusal.field)),
        code(std::move(refusal.code)),
        detail(std::move(refusal.detail)),
        correlation_id(std::move(refusal.correlation_id)) {}
  // The same, told in other words.
  Failure told_as(std::string words) const {
    Failure other = *this;
    other.sentence = std::move(words);
    return other;
  }
};

inline Fail<Failure> refuse(std::string sentence) { return Fail{Failure(Exit::refused, std::move(sentence))}; }
inline Fail<Failure> misuse(std::string sentence) { return Fail{Failure(Exit::usage, std::move(sentence))}; }

}  // namespace deputy::cli
