// JsonSchema: the JSON Schema (drafts 7 and 2020-12, where they agree) of an object that others will send.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace deputy::directory {

class JsonSchema {
 public:
  // Refuses, with a sentence: what is larger than 4 KiB or deeper than 10, a keyword that is not held here (one that is
  // passed over would be no limit), references, and patterns, which a sender could make run for ever. The root is of an
  // object, and closed: a member it does not name is refused (RFC 9396 §5).
  static Result<JsonSchema, std::string> compile(const json::object& schema);

  bool accepts(const json::value& value) const;

 private:
  struct Compiled;
  explicit JsonSchema(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;  // immutable
};

}  // namespace deputy::directory
