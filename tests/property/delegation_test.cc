// Property: whatever happens in whatever world, in whatever order, the invariants of the delegation model hold after
// every operation (DELEGATION, I1 to I6). A case that fails is printed with its seed and, made small, its operations.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/log.h"
#include "tests/property/stage.h"

using deputy::property::Broken;
using deputy::property::Operation;
using deputy::property::Stage;
using deputy::property::What;

namespace {

// ThreadSanitizer is slow, and has little to find where one thread asks and waits. In fewer worlds than these what is
// seldom may by chance be met too seldom.
#if __has_feature(thread_sanitizer)
constexpr int worlds = 40;
#else
constexpr int worlds = 100;
#endif
constexpr std::size_t operations_each = 1000, smaller_tried_max = 600;

// Any number, at whatever size RapidCheck has come to.
rc::Gen<std::uint64_t> some_seed() { return rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()); }

rc::Gen<Operation> some_operation() {
  const auto what = rc::gen::weightedElement<What>({{18, What::begin},
                                                    {6, What::own},
                                                    {50, What::exchange},
                                                    {6, What::consent},
                                                    {14, What::redeem},
                                                    {4, What::give_up},
                                                    {2, What::cut},
                                                    {2, What::stop},
                                                    {8, What::start},
                                                    {1, What::end},
                                                    {1, What::remove},
                                                    {1, What::distrust},
                                                    {3, What::assign},
                                                    {2, What::unassign},
                                                    {2, What::role},
                                                    {1, What::scopes},
                                                    {1, What::expiry},
                                                    {2, What::delegates},
                                                    {1, What::limits},
                                                    {1, What::retire},
                                                    {1, What::replace},
                                                    {2, What::member},
                                                    {1, What::transfer},
                                                    {1, What::ceiling},
                                                    {1, What::trust},
                                                    {4, What::pass}});
  return rc::gen::noShrink(rc::gen::construct<Operation>(what, some_seed()));
}

// A fixed number of operations; a case that fails loses whole stretches of them.
rc::Gen<std::vector<Operation>> some_operations() {
  return rc::gen::shrink(rc::gen::noShrink(rc::gen::container<std::vector<Operation>>(operations_each,
                                                                                     some_operation())),
                         [](std::vector<Operation> all) { return rc::shrink::removeChunks(std::move(all)); });
}

}  // namespace

TEST(DelegationProperty, i1_to_i6_hold_after_every_operation) {
  std::map<std::string, std::size_t> counts;
  std::size_t operations = 0, smaller_tried = 0;
  bool failed = false;
  std::string smallest;
  deputy::log::set_level(deputy::log::Level::error);
  auto parameters = rc::detail::configuration().testParams;  // RC_PARAMS="seed=…" replays
  parameters.maxSuccess = worlds;
  const auto result = rc::detail::checkTestable(
      [&] {
        // The smallest case of all may be minutes away: a small one will do.
        if (failed && ++smaller_tried > smaller_tried_max) return;
        const auto world = *rc::gen::noShrink(some_seed());
        const auto all = *some_operations();
        Stage stage(world);
        try {
          for (const auto& operation : all) stage.perform(operation);
          stage.check_everything();
        } catch (const Broken& broken) {
          failed = true;
          smallest = stage.transcript() + broken.what;
          RC_FAIL(broken.what);
        }
        operations += all.size();
        for (const auto& [what, count] : stage.counts) counts[what] += count;
      },
      rc::detail::TestMetadata{.id = "delegation", .description = "delegation"}, parameters);
  if (!result.is<rc::detail::SuccessResult>())
    FAIL() << "Replay with RC_PARAMS=\"seed=" << parameters.seed << "\". The smallest case found:\n" << smallest;
  EXPECT_EQ(operations, worlds * operations_each);
  // A property that only ever meets refusals holds of anything.
  for (const auto* what : {"begun", "own", "narrowed", "handed on", "received", "onward", "chains of three",
                           "paths of three", "budgeted", "detailed", "redeemed", "replayed", "given up", "cut",
                           "stopped", "started", "taken away"})
    EXPECT_GT(counts[what], operations / 1000) << what << " " << counts[what];
  for (const auto* what : {"removed", "retired", "replaced"}) EXPECT_GT(counts[what], worlds / 5u) << what;
  for (const auto* what : {"transferred", "left a group", "ceilings lowered"}) EXPECT_GT(counts[what], worlds) << what;
  EXPECT_GT(counts["stayed"], 0u);
  for (const auto& [what, count] : counts) std::cout << what << " " << count << "; ";
  std::cout << "\n";
}
