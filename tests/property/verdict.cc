// The rules of an exchange, one step after the other.
#include "tests/property/verdict.h"

#include <algorithm>

namespace deputy::property {
namespace {

struct Refused {
  std::string why;
};
void demand(bool condition, const char* why) {
  if (!condition) throw Refused{why};
}

template <class T>
std::optional<T> lesser(std::optional<T> a, std::optional<T> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

class Judge {
 public:
  Judge(const Model& model, const Ask& ask, Instant now) : model_(model), ask_(ask), now_(now) {}

  Verdict judge() {
    read_subject();
    relate();
    find_place();
    extend_chain();
    check_cast();
    draw_scopes();
    draw_payments();
    hang_node();
    bound_lifetime();
    check_not_lost();
    return std::move(verdict_);
  }

 private:
  void read_subject() {
    const auto& caller = model_.people.at(ask_.caller);
    demand(caller.active(now_), "the caller is not active");
    if (ask_.token) {
      token_ = &model_.tokens.at(*ask_.token);
      demand(model_.live(*token_, now_), "the subject token is dead");
      subject_ = token_->subject;
      holder_ = token_->holder();
      if (!token_->path.empty()) parent_ = &model_.nodes.at(token_->path.back());
      demand(!parent_ || !parent_->bounds.not_after || now_ < *parent_->bounds.not_after, "the delegation is over");
    } else {
      demand(now_ < ask_.upstream_expires, "the trusted issuer's token is expired");
      demand(caller.kind != Person::Kind::user, "a user begins no chain");
      subject_ = ask_.user;
      holder_ = ask_.caller;
      find_what_stays();
    }
  }

  // What ended since the trusted issuer's token was issued does not begin again with it. What was made before the first
  // such end, and goes on, is drawn on: the newest that gives all that is asked for, or else something.
  void find_what_stays() {
    const auto alike = [&](const Node& one) {
      return one.parent.empty() && one.issuer == model_.issuer && one.subject == subject_ && one.actor == holder_;
    };
    std::optional<Instant> ended;
    for (const auto& [id, one] : model_.nodes)
      if (alike(one) && one.ended && *one.ended >= ask_.upstream_issued) ended = lesser(ended, one.ended);
    const auto* place = ask_.resource ? model_.place(*ask_.resource) : nullptr;
    if (!ended || place == nullptr) return;
    int best = 0;
    for (const auto& [id, one] : model_.nodes) {
      const auto held = model_.drawable(one, *place);
      if (!alike(one) || one.dead || one.created > *ended || held.empty()) continue;
      if (one.bounds.not_after && now_ >= *one.bounds.not_after) continue;
      if (one.bounds.uses && one.drawn >= *one.bounds.uses) continue;
      const int fits = meet(ask_.scope, held) == ask_.scope ? 2 : 1;
      const bool newest = fits == best && one.created >= parent_->created;
      if (fits > best || newest) best = fits, parent_ = &one;
    }
    demand(parent_, "what was begun was ended since");
    verdict_.stays = true;
  }

  void relate() {
    std::optional<std::string> proof;
    if (ask_.requested_actor) demand(model_.person(*ask_.requested_actor), "the actor does not exist");
    if (ask_.actor_token) {
      const auto& token = model_.tokens.at(*ask_.actor_token);
      demand(model_.live(token, now_), "the actor token is dead");
      demand(model_.people.at(token.holder()).active(now_), "the actor token's holder is not active");
      proof = token.holder();
    }
    if (!ask_.agreement.empty()) proof = holder_;
    if (holder_ == ask_.caller)
      by_holder(proof);
    else
      by_receiver(proof);
  }

  void by_holder(const std::optional<std::string>& proof) {
    demand(!ask_.requested_actor || !proof || *ask_.requested_actor == *proof, "two different actors");
    const auto other = ask_.requested_actor ? ask_.requested_actor : proof;
    verdict_.projection = true;
    verdict_.actor = other.value_or(ask_.caller);
    const bool itself = verdict_.actor == ask_.caller;
    if (!token_) {
      demand(itself && (!ask_.may_act || *ask_.may_act == ask_.caller), "not the caller's to begin with");
      verdict_.relation = Relation::begins;
    } else {
      demand(itself || model_.may_delegate(ask_.caller, verdict_.actor), "no delegate of the caller");
      verdict_.relation = itself ? Relation::narrows : Relation::hands_on;
    }
  }

  void by_receiver(const std::optional<std::string>& proof) {
    demand(!ask_.requested_actor || *ask_.requested_actor == ask_.caller, "another actor named by a receiver");
    demand(!proof || *proof == ask_.caller || *proof == holder_, "a stranger's actor token");
    const bool is_audience = model_.places.at(token_->resource).principal == ask_.caller;
    const bool agreed = model_.may_delegate(holder_, ask_.caller);
    verdict_.projection = agreed && (!model_.people.at(holder_).agreement || !ask_.agreement.empty());
    demand(verdict_.projection || is_audience, "neither audience nor delegate");
    verdict_.relation = Relation::received;
    verdict_.actor = ask_.caller;
  }

  void find_place() {
    if (ask_.resource) {
      verdict_.place = model_.place(*ask_.resource);
    } else if (verdict_.relation == Relation::received && !verdict_.projection && parent_) {
      std::set<std::string> onward;
      for (const auto& [resource, scope, to] : parent_->pairs)
        if (to == verdict_.actor) onward.insert(resource);
      demand(onward.size() == 1, "not one resource is onward");
      verdict_.place = model_.there(*onward.begin());
    } else if (token_) {
      verdict_.place = model_.there(token_->resource);
    }
    demand(verdict_.place, "no such resource");
  }

  // I2: the actor, and then the chain of the subject token. An application's own token has no chain, and it is the
  // first actor of whoever comes after it.
  void extend_chain() {
    auto& chain = verdict_.chain;
    if (!token_) {
      if (model_.people.at(ask_.caller).kind == Person::Kind::agent) chain = {ask_.caller};
    } else if (verdict_.relation == Relation::narrows) {
      chain = token_->chain;
    } else {
      chain = {verdict_.actor};
      chain.insert(chain.end(), token_->chain.begin(), token_->chain.end());
      if (token_->chain.empty() && holder_ != subject_) chain.push_back(holder_);
    }
    demand(static_cast<std::int64_t>(chain.size()) <= verdict_.place->chain_max, "the chain is too long");
    actors_ = chain;
    if (actors_.empty() && verdict_.actor != subject_) actors_ = {verdict_.actor};
  }

  void check_cast() {
    auto cast = actors_;
    cast.push_back(subject_);
    for (const auto& id : cast) {
      const auto& one = model_.people.at(id);
      demand(one.active(now_), "somebody is not active");
      demand(!one.waits(now_), "revoked this very second");
    }
    demand(model_.people.at(holder_).active(now_), "the holder is not active");
    if (token_) return;
    for (const auto& id : {subject_, holder_}) {
      const auto& stopped = model_.people.at(id).stopped_at;
      demand(!stopped || ask_.upstream_issued > *stopped, "stopped since the trusted issuer's token was issued");
    }
  }

  Scopes projected(const Place& place) const {
    return token_ && token_->resource == place.id ? token_->scopes : Scopes();
  }
  // The most that anything begun with the trusted issuer's token holds there, now.
  Scopes of_issuer(const Place& place) const {
    const auto at = model_.trusted.find(place.id);
    return at == model_.trusted.end() ? Scopes() : Model::given(place, at->second);
  }
  // What the caller may draw there, and give on: not what is onward.
  Scopes own_pool(const Place& place) const {
    if (!token_ && !parent_) return of_issuer(place);
    if (verdict_.relation == Relation::received) return verdict_.projection ? projected(place) : Scopes();
    return parent_ ? model_.drawable(*parent_, place) : projected(place);
  }

  // Of somebody before it, now: no resource needs anything in these worlds.
  bool is_delegate() const {
    const auto delegates = [&](const auto& id) {
      return id != verdict_.actor && model_.may_delegate(id, verdict_.actor);
    };
    return delegates(subject_) || std::any_of(actors_.begin(), actors_.end(), delegates);
  }

  // I3.
  void draw_scopes() {
    const auto& place = *verdict_.place;
    verdict_.pool = own_pool(place);
    if (verdict_.relation == Relation::received && parent_ && is_delegate()) {
      const auto onward = model_.drawable(*parent_, place, verdict_.actor);
      verdict_.pool.insert(onward.begin(), onward.end());
    }
    demand(!verdict_.pool.empty(), "nothing at this resource");
    auto left = meet(ask_.scope.empty() ? verdict_.pool : ask_.scope, verdict_.pool);
    left = meet(left, model_.held(model_.people.at(subject_), place, false));
    for (const auto& id : actors_)
      if (const auto& actor = model_.people.at(id); !actor.any) left = meet(left, model_.held(actor, place, true));
    if (parent_ && !parent_->issuer.empty()) {
      demand(parent_->issuer == model_.issuer, "the trusted issuer it began with is gone");
      left = meet(left, of_issuer(place));
    }
    demand(!left.empty(), "nothing is left");
    verdict_.scopes = std::move(left);
  }

  // I1, RFC 9396: who asks for none inherits them; nobody gets what is not within.
  void draw_payments() {
    const auto& place = *verdict_.place;
    Payments pool;
    const bool received = verdict_.relation == Relation::received;
    if (parent_ && !received)
      pool = model_.payments(*parent_, place);
    else if (token_ && token_->resource == place.id && (!received || verdict_.projection))
      pool = token_->payments;
    if (ask_.payments.empty()) {
      verdict_.payments = pool;
      return;
    }
    demand(!place.payment.empty() && Model::within(ask_.payments, pool), "a payment that is not within");
    verdict_.payments = ask_.payments;
  }

  Pairs onward_pairs() const {
    Pairs pairs;
    for (const auto& one : ask_.onward) {
      demand(model_.person(one.actor) && model_.may_delegate(ask_.caller, one.actor), "onward for a stranger");
      const auto* place = model_.place(one.resource);
      demand(place, "onward at no resource");
      const auto given = meet(one.scope, own_pool(*place));
      demand(!given.empty(), "nothing to give onward");
      for (const auto& scope : given) pairs.insert({place->id, scope, one.actor});
    }
    if (verdict_.relation == Relation::received && parent_)
      for (const auto& pair : parent_->pairs)
        if (const auto& to = std::get<2>(pair); !to.empty() && to != ask_.caller) pairs.insert(pair);
    return pairs;
  }

  // I1: a child's limits are its parent's or tighter.
  void hang_node() {
    auto pairs = onward_pairs();
    for (const auto& scope : verdict_.scopes) pairs.insert({verdict_.place->id, scope, ""});
    const bool draws = verdict_.relation == Relation::narrows || (verdict_.relation == Relation::begins && parent_);
    if (draws && ask_.onward.empty() && !ask_.limited()) {
      if (parent_) verdict_.node = *parent_;
    } else {
      Node node{.id = "", .parent = parent_ ? parent_->id : "", .subject = subject_, .actor = verdict_.actor};
      node.path = parent_ ? parent_->path : Chain();
      node.chain = verdict_.chain;
      node.pairs = std::move(pairs);
      if (!verdict_.payments.empty()) node.payments[verdict_.place->id] = verdict_.payments;
      if (ask_.expires_in) node.bounds.not_after = now_ + Seconds(*ask_.expires_in);
      node.bounds.depth = ask_.depth;
      node.bounds.uses = ask_.uses;
      if (parent_) {
        node.bounds.not_after = lesser(node.bounds.not_after, parent_->bounds.not_after);
        node.bounds.depth = lesser(node.bounds.depth, parent_->bounds.depth);
        node.bounds.uses = lesser(node.bounds.uses, parent_->bounds.uses);
      }
      node.issuer = parent_ ? parent_->issuer : token_ ? "" : model_.issuer;
      node.origin = token_ && !parent_ ? "own" : "exchange";
      const auto depth = static_cast<std::int64_t>(node.path.size()) + 1;
      demand(depth <= std::min<std::int64_t>(node.bounds.depth.value_or(16), 16), "too deep");
      for (const auto& [id, other] : model_.nodes)
        if (!other.dead && other.parent == node.parent && other.subject == subject_ && other.actor == node.actor &&
            other.chain == node.chain && other.pairs == node.pairs && other.payments == node.payments &&
            other.bounds == node.bounds && other.origin == node.origin && other.issuer == node.issuer &&
            (!other.bounds.uses || other.drawn < *other.bounds.uses))
          node.id = id, node.path = other.path;
      verdict_.node = std::move(node);
    }
    if (!verdict_.node) return;
    for (const auto& id : verdict_.node->path) {
      const auto& one = model_.nodes.at(id);
      demand(!one.bounds.uses || one.drawn < *one.bounds.uses, "the budget is spent");
    }
  }

  // I6.
  void bound_lifetime() {
    auto expires = now_ + Seconds(verdict_.place->lifetime_s);
    expires = std::min(expires, token_ ? from_unix_seconds(token_->expires) : ask_.upstream_expires);
    if (verdict_.node && verdict_.node->bounds.not_after) expires = std::min(expires, *verdict_.node->bounds.not_after);
    auto cast = actors_;
    cast.push_back(subject_);
    cast.push_back(verdict_.actor);
    for (const auto& id : cast)
      if (const auto& until = model_.people.at(id).expires_at) expires = std::min(expires, *until);
    verdict_.expires = unix_seconds(expires);
    demand(!is_over(verdict_.expires, now_), "it would be over as it is made");
  }

  void check_not_lost() const {
    const Token minted{.subject = subject_,
                       .client = verdict_.actor,
                       .resource = verdict_.place->id,
                       .scopes = verdict_.scopes,
                       .chain = verdict_.chain,
                       .issued = unix_seconds(now_)};
    demand(!model_.lost(minted), "taken away this very second");
  }

  const Model& model_;
  const Ask& ask_;
  const Instant now_;
  const Token* token_ = nullptr;
  const Node* parent_ = nullptr;
  std::string subject_, holder_;
  Chain actors_;  // all whose ceilings count: the chain, or the application that has none
  Verdict verdict_;
};

}  // namespace

Verdict verdict_of(const Model& model, const Ask& ask, Instant now) {
  try {
    return Judge(model, ask, now).judge();
  } catch (const Refused& refused) {
    Verdict verdict;
    verdict.refused = refused.why;
    return verdict;
  }
}

}  // namespace deputy::property
