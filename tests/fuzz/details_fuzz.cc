// Property: authorization_details that are accepted keep their limits and, written out again, mean the same.
#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "base/json.h"
#include "delegation/details.h"

using namespace deputy;
using delegation::Details;

namespace {

const auto now = from_unix_millis(1'800'000'000'123);

std::string written(const Details& details) {
  json::array out;
  for (const auto& one : details.onward)
    out.push_back(json::object{
        {"type", "onward"}, {"actor", one.actor}, {"resource", one.resource}, {"scope", one.scope.text()}});
  const auto& limits = details.limits;
  for (const auto& one : details.registered) out.push_back(one);
  json::object detail{{"type", "limits"}};
  if (limits.not_after) detail["expires_in"] = std::chrono::duration_cast<Seconds>(*limits.not_after - now).count();
  if (limits.max_depth) detail["max_depth"] = *limits.max_depth;
  if (limits.uses) detail["uses"] = *limits.uses;
  if (detail.size() > 1) out.push_back(std::move(detail));
  return json::serialize(out);
}

bool same(const delegation::Onward& a, const delegation::Onward& b) {
  return a.actor == b.actor && a.resource == b.resource && a.scope == b.scope;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto once = delegation::parse_details(as_text({data, size}), now);
  if (!once) {
    CHECK(once.error().code == oauth::Code::invalid_authorization_details && !once.error().description.empty());
    return 0;
  }
  CHECK(size <= 16 * 1024 && once->onward.size() + once->registered.size() <= 20);
  for (const auto& one : once->onward) CHECK(!one.actor.empty() && !one.scope.empty());
  const auto& limits = once->limits;
  CHECK(!limits.not_after || *limits.not_after > now);
  CHECK(!limits.max_depth || (*limits.max_depth >= 1 && *limits.max_depth <= delegation::depth_max));
  CHECK(!limits.uses || *limits.uses >= 1);
  const auto text = written(*once);
  if (text.size() > 16 * 1024) return 0;  // a number or a letter may be longer than it was sent
  const auto twice = delegation::parse_details(text, now);
  CHECK(twice && twice->registered.size() == once->registered.size());
  CHECK(twice->limits == limits && twice->empty() == once->empty());
  CHECK(std::equal(once->onward.begin(), once->onward.end(), twice->onward.begin(), twice->onward.end(), same));
  return 0;
}
