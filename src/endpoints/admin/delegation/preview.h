// Preview: what an act would end, counted before anything is.
#pragma once

#include <string>

#include "endpoints/admin/delegation/count.h"
#include "endpoints/admin/delegation/own_tokens.h"
#include "endpoints/admin/frame/change.h"
#include "tokens/keyring.h"

namespace deputy::endpoints::admin {

class Preview {
 public:
  Preview(const Visit& visit, Lens& lens)
      : visit_(visit), lens_(lens), ended_(visit, lens, room_), own_(visit, lens, room_) {}

  // What ends for good, or for as long as somebody is stopped.
  Count& ended() { return ended_; }
  // Tokens that are not drawn from a delegation, and die with whoever or whatever ends.
  OwnTokens& own_tokens() { return own_; }
  // Tokens that die by an entry of the revocation sequence while what they are drawn from lives on.
  Result<Done, Fault> add_tokens_of(const store::Revocation& entry);
  Result<Done, Fault> add_tokens_of(const tokens::SigningKey& key);

  // What stands in the act's way; a failure of the store answers the question itself.
  Result<Done, Problem> ask_whether(const Result<Done, Problem>& allowed);

  // {"preview":true,"delegations","agents":[{"id","name"}],"live_tokens_max","last_used_at","own_tokens":[…],
  // "minted_again":[…],"truncated","would_refuse":{…}}
  Outcome answer();

 private:
  Result<Done, Fault> add_own_tokens_of(const store::Revocation& entry);
  struct Tally {
    std::size_t delegations = 0;
    std::uint64_t live_tokens_max = 0;
  };
  void add_part(json::object part, const Tally& tally);
  bool full();

  const Visit& visit_;
  Lens& lens_;
  Room room_;
  Count ended_;
  OwnTokens own_;
  json::array parts_;
  json::object refusal_;  // as the act would answer; empty: nothing is known to be in its way
  bool truncated_ = false;
};

// What a change would end, read from the entries that it would write. `stopped` is the principal that is not active
// afterwards; empty: nobody. `allowed` is what the act asks besides; whether the store would take the change is not
// asked.
Outcome preview_of_change(const Visit& visit, const Change& change, const std::string& stopped = {},
                          const Result<Done, Problem>& allowed = Done{});

}  // namespace deputy::endpoints::admin
