// commit_now: the one place that waits for a commit; keys of single-use marks, tags; and the log as proofs read it.
#include "store/store.h"

#include <algorithm>
#include <bit>
#include <future>

#include "base/encoding.h"
#include "base/random.h"
#include "crypto/hash.h"

namespace deputy::store {

Result<Outcome, Fault> Store::commit_now(Writes writes) {
  std::promise<Result<Outcome, Fault>> promise;
  auto outcome = promise.get_future();
  commit(std::move(writes), [&](Result<Outcome, Fault> result) { promise.set_value(std::move(result)); });
  flush();
  auto result = outcome.get();
  at_rest();  // what came meanwhile waits for the answers of this group, and no reactor hears of it
  return result;
}

std::string mark_key(std::string_view id, std::string_view owner) {
  constexpr std::size_t order_octets = 20;  // of a UUIDv7 or a ULID: its time and its count
  auto key = hex(id.substr(0, order_octets)) + '.';
  return key.append(crypto::sha256_base64url(std::string(owner).append("/").append(id)));
}

// Never 0, which is no entry's; and no more bits than a signed number has, as databases keep them.
std::uint64_t make_tag() { return std::bit_cast<std::uint64_t>(SystemRandom().bytes<8>()) >> 1 | 1; }

audit::ReadTile tiles_of(Log& log) {
  return [&log](audit::TileId id) { return log.tile(id); };
}

std::optional<std::string> NoneHandedOn::who(const std::vector<std::string>& chain, std::string_view subject,
                                             std::string_view actor) const {
  const auto is_about = [&](std::string_view one) {
    const auto found = from.find(one);
    return found != from.end() && !found->second.contains(actor);
  };
  const auto ends = [&](std::string_view one) { return one != actor && all_end.contains(one); };
  if (ends(subject) || std::any_of(chain.begin(), chain.end(), ends)) return std::nullopt;
  for (const auto& one : chain)
    if (is_about(one)) return one;
  return is_about(subject) ? std::optional<std::string>(subject) : std::nullopt;
}

}  // namespace deputy::store
