// The tree over the events: growing it, reading it, cosigning, and dropping bodies.
#include "base/id.h"
#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

class LogContract : public Contract {
 protected:
  void append(int count, std::string_view tenant = "acme") {
    Writes writes;
    for (int i = 0; i < count; ++i) {
      auto one = event(make_id("evt", noon, random));
      one.tenant = tenant;
      writes.push_back(Append{std::move(one)});
    }
    accept(std::move(writes));
  }
  // The write that seals all there is.
  Seal seal(std::string checkpoint, Instant at = noon) {
    const auto state = log().state();
    EXPECT_TRUE(state);
    auto edge = audit::Edge::load(state->size, tiles_of(log()));
    EXPECT_TRUE(edge);
    const auto leaves = log().leaves(state->size, 100'000);
    EXPECT_TRUE(leaves);
    for (const auto& leaf : *leaves) edge->append(leaf);
    return {.from = state->size, .to = edge->size(), .tiles = edge->take(), .checkpoint = std::move(checkpoint),
            .at = at};
  }
  Log& log() { return store->log(); }
  std::string body_of(std::uint64_t seq) {
    const auto entries = log().entries(seq - 1, 1);
    EXPECT_TRUE(entries && entries->size() == 1);
    return entries->front().body;
  }

  SystemRandom random;
};

TEST_P(LogContract, begins_empty) {
  EXPECT_EQ(log().state()->size, 0u);
  EXPECT_EQ(log().state()->bodies_from, 1u);
  EXPECT_FALSE(*log().latest_checkpoint(Log::Which::any));
  EXPECT_EQ(log().tile({0, 0}).error().kind, Fault::Kind::not_found);
  EXPECT_TRUE(log().leaves(0, 10)->empty());
}

TEST_P(LogContract, hashes_each_event_as_it_was_encoded) {
  append(3);
  const auto leaves = log().leaves(1, 10);
  ASSERT_TRUE(leaves);
  ASSERT_EQ(leaves->size(), 2u);
  EXPECT_EQ((*leaves)[0], audit::leaf_hash(body_of(2)));
  EXPECT_EQ((*leaves)[1], audit::leaf_hash(body_of(3)));
  EXPECT_EQ(log().leaves(0, 2)->size(), 2u);
}

TEST_P(LogContract, has_no_leaf_of_what_was_refused) {
  accept({Keep{Use::code, "acme", "taken", noon + Seconds(60), ""}});
  append(2);
  // Its event is written, and then a condition does not hold.
  auto lost = event(make_id("evt", noon, random));
  const auto outcome =
      store->commit_now({Append{std::move(lost)}, Keep{Use::code, "acme", "taken", noon + Seconds(60), ""}});
  ASSERT_TRUE(outcome && std::holds_alternative<Refused>(*outcome));
  EXPECT_EQ(log().leaves(0, 10)->size(), 2u);
  append(2);
  const auto leaves = log().leaves(0, 10);
  ASSERT_EQ(leaves->size(), 4u);
  for (std::uint64_t seq = 1; seq <= 4; ++seq) EXPECT_EQ((*leaves)[seq - 1], audit::leaf_hash(body_of(seq))) << seq;
}

TEST_P(LogContract, holds_the_events_of_all_tenants_in_one_order) {
  append(2, "acme");
  append(1, "other");
  const auto entries = log().entries(0, 10);
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ((*entries)[1].tenant, "acme");
  EXPECT_EQ((*entries)[2].tenant, "other");
  EXPECT_EQ((*entries)[2].seq, 3u);
}

TEST_P(LogContract, grows_and_proves_what_it_holds) {
  std::vector<audit::Hash> leaves;
  for (const int count : {1, 255, 1, 300, 7}) {
    append(count);
    accept({seal("note " + std::to_string(count))});
    leaves = *log().leaves(0, 1000);
    EXPECT_EQ(log().state()->size, leaves.size());
    EXPECT_EQ(*audit::tree_root(leaves.size(), tiles_of(log())), audit::root_of(leaves));
  }
  EXPECT_EQ(**log().latest_checkpoint(Log::Which::any), "note 7");
  EXPECT_EQ(**log().checkpoint(256), "note 255");
  EXPECT_FALSE(*log().checkpoint(255));
  const auto path = audit::inclusion_path(300, 557, tiles_of(log()));
  ASSERT_TRUE(path);
  EXPECT_TRUE(audit::verify_inclusion(leaves[300], 300, 557, *path, audit::root_of(std::span(leaves).first(557))));
}

TEST_P(LogContract, of_two_that_seal_at_one_time_one_does) {
  append(10);
  const auto first = seal("first"), second = seal("second");
  accept({first});
  EXPECT_EQ(refuse({second}).why, Refused::Why::version);
  EXPECT_EQ(**log().latest_checkpoint(Log::Which::any), "first");
  auto shrinking = first;
  shrinking.from = 10;
  shrinking.to = 5;
  EXPECT_EQ(refuse({shrinking}).why, Refused::Why::version);
}

TEST_P(LogContract, a_refused_batch_leaves_the_tree_as_it_was) {
  append(300);
  accept({seal("first")});
  append(10);
  const auto before = body_of(1);
  auto stale = replace(record(Kind::agent, "agt_none"), 1);
  refuse({seal("second"), Retain{1, 256}, Cosign{300, "first", "cosigned"}, stale});
  EXPECT_EQ(log().state()->size, 300u);
  EXPECT_EQ(log().state()->bodies_from, 1u);
  EXPECT_EQ(body_of(1), before);
  EXPECT_EQ(**log().latest_checkpoint(Log::Which::any), "first");
  EXPECT_EQ(log().tile({0, 1})->size(), 44u);
}

TEST_P(LogContract, cosigns_a_checkpoint_it_keeps_and_no_other) {
  append(5);
  accept({seal("plain")});
  EXPECT_FALSE(*log().latest_checkpoint(Log::Which::cosigned));
  accept({Cosign{5, "plain", "cosigned"}});
  EXPECT_EQ(**log().checkpoint(5), "cosigned");
  EXPECT_EQ(**log().latest_checkpoint(Log::Which::cosigned), "cosigned");
  EXPECT_EQ(refuse({Cosign{5, "plain", "again"}}).why, Refused::Why::version);
  EXPECT_EQ(refuse({Cosign{4, "plain", "other"}}).why, Refused::Why::missing);
}

TEST_P(LogContract, keeps_plain_checkpoints_for_a_while_and_cosigned_ones_for_good) {
  append(1);
  accept({seal("one")});
  append(1);
  accept({seal("two")});
  accept({Cosign{1, "one", "one, cosigned"}});
  append(1);
  accept({seal("three", noon + plain_checkpoints_kept + Millis(1))});
  EXPECT_TRUE(*log().checkpoint(1));
  EXPECT_FALSE(*log().checkpoint(2));
  EXPECT_TRUE(*log().checkpoint(3));
}

TEST_P(LogContract, drops_bodies_from_the_first_on_and_never_what_is_not_sealed) {
  append(300);
  EXPECT_EQ(refuse({Retain{1, 256}}).why, Refused::Why::version);
  accept({seal("note")});
  EXPECT_EQ(refuse({Retain{2, 256}}).why, Refused::Why::version);
  EXPECT_EQ(refuse({Retain{1, 301}}).why, Refused::Why::version);
  const auto root = *audit::tree_root(300, tiles_of(log()));
  const auto id = log().entries(0, 1)->front().id;
  accept({Retain{1, 256}});
  EXPECT_EQ(log().state()->bodies_from, 257u);
  EXPECT_EQ(body_of(256), "");
  EXPECT_NE(body_of(257), "");
  EXPECT_EQ(*audit::tree_root(300, tiles_of(log())), root);
  EXPECT_EQ(refuse({Retain{1, 256}}).why, Refused::Why::version);
  // The event is still found by its id, and by no list.
  const auto found = store->event("acme", id);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->seq, 1u);
  EXPECT_EQ((*found)->body, "");
  const auto page = store->events("acme", {}, {.limit = 1000});
  ASSERT_EQ(page->events.size(), 44u);
  EXPECT_EQ(page->events.front().seq, 257u);
  // Numbers go on, whatever was dropped.
  append(1);
  EXPECT_EQ(*store->last_event(), 301u);
}

TEST_P(LogContract, tells_the_newest_instant_of_a_stretch) {
  accept({Append{event("evt_1", "a.b", noon)}, Append{event("evt_2", "a.b", noon + Seconds(9))},
          Append{event("evt_3", "a.b", noon + Seconds(5))}});
  EXPECT_EQ(*log().newest(1, 3), noon + Seconds(9));
  EXPECT_EQ(*log().newest(3, 3), noon + Seconds(5));
  EXPECT_EQ(log().newest(4, 9).error().kind, Fault::Kind::not_found);
}

INSTANTIATE_TEST_SUITE_P(Stores, LogContract, testing::ValuesIn(openers()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace deputy::store
