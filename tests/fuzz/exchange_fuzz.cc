// Property: an exchange's parameters that are accepted are complete, of types this server speaks, and sent again mean
// the same (RFC 8693 §2.1).
#include <cstdint>

#include "base/encoding.h"
#include "grants/exchange/request.h"

using namespace deputy;
namespace exchange = grants::exchange;

namespace {

const auto now = from_unix_millis(1'800'000'000'123);
constexpr std::string_view repeatable[] = {"resource", "audience"};

std::string sent_again(const oauth::Form& form) {
  std::string out;
  for (const auto name : exchange::parameters)
    for (const auto value : form.all(name))
      out.append(out.empty() ? "" : "&").append(name).append("=").append(percent_encode(value));
  return out;
}

bool known(std::string_view type) { return type == exchange::access_token_type || type == exchange::jwt_type; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto form = oauth::Form::parse(as_text({data, size}), repeatable);
  if (!form) return 0;
  const auto once = exchange::parse(*form, now);
  if (!once) {
    CHECK(!once.error().description.empty());
    return 0;
  }
  CHECK(!once->subject_token.empty());
  CHECK(known(once->subject_token_type) || once->subject_token_type == exchange::id_token_type);
  CHECK(known(once->issued_token_type));
  CHECK(once->actor_token.has_value() == form->get("actor_token_type").has_value());
  const auto text = sent_again(*form);
  const auto again = oauth::Form::parse(text, repeatable);
  CHECK(again);
  const auto twice = exchange::parse(*again, now);
  CHECK(twice);
  CHECK(twice->subject_token == once->subject_token && twice->subject_token_type == once->subject_token_type);
  CHECK(twice->actor_token == once->actor_token && twice->requested_actor == once->requested_actor);
  CHECK(twice->issued_token_type == once->issued_token_type);
  CHECK(twice->details.limits == once->details.limits && twice->details.onward.size() == once->details.onward.size());
  return 0;
}
