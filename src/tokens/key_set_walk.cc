// A round through all tenants' credentials and trusted issuers, at the pace at which they are fetched.
#include "tokens/key_set_walk.h"

#include "directory/noun.h"
#include "directory/principal.h"
#include "store/tenants.h"

namespace deputy::tokens {
namespace {

constexpr std::size_t page_size = 50, pages_a_step = 100;
// With so many waiting the walk does: what a request asks for stands behind no more than these.
constexpr std::size_t waiting_max = 50;

}  // namespace

Result<Done, Fault> KeySetWalk::step() {
  const auto now = clock_.now();
  const bool set_back = next_round_ > now + pause;  // of a clock that was ahead
  if (resting() && now < next_round_ && !set_back) return Done{};
  if (resting()) {
    TRY(auto begun, begin_round());
  }
  for (std::size_t page = 0; page < pages_a_step && !resting() && key_sets_.waiting() < waiting_max; ++page) {
    TRY(auto walked, next_page());
  }
  return Done{};
}

Result<Done, Fault> KeySetWalk::begin_round() {
  next_round_ = clock_.now() + pause;
  TRY(auto tenants, store::tenants(store_));
  tenants_ = std::move(tenants);
  return Done{};
}

Result<Done, Fault> KeySetWalk::next_page() {
  const store::Page page{.after = after_,
                         .limit = page_size,
                         .where = store::Index{std::string(directory::has_key_set_uri), "true", false}};
  const auto kind = issuers_ ? store::Kind::trusted_issuer : store::Kind::credential;
  TRY(const auto records, store_.list(tenants_.back(), kind, page));
  for (const auto& record : records) ask_for(record);
  if (records.size() == page_size) {
    after_ = records.back().id;
    return Done{};
  }
  after_.clear();
  if (issuers_) tenants_.pop_back();
  issuers_ = !issuers_;
  return Done{};
}

// What opens nothing is not called.
void KeySetWalk::ask_for(const store::Record& record) const {
  const auto body = parse_stored(record.body);
  if (!body) return;
  if (record.kind == store::Kind::credential) {
    const auto credential = directory::Credential::from(record.id, *body);
    if (!credential || !credential->live(clock_.now())) return;
  } else if (json_text(*body, "state") != "active") {
    return;
  }
  if (const auto uri = json_text(*body, "jwks_uri")) (void)key_sets_.find(std::string(*uri));
}

}  // namespace deputy::tokens
