// One use, whatever the answer is: a refusal that left the marks out could be had as often as it is asked for.
#include "endpoints/marks.h"

#include "endpoints/client_auth.h"
#include "endpoints/possession.h"

namespace deputy::endpoints {

using oauth::Error;

Refusal plain_refusal(const App& app) {
  return [&app](audit::Event event, const Error& error) { return refuse(app, std::move(event), error); };
}

Answer refuse_once(const Refusal& refusal, audit::Event event, const Error& error, store::Writes marks,
                   store::Writes also) {
  if (error.code == oauth::Code::use_dpop_nonce) marks.clear();
  auto answer = refusal(event, error);
  answer.writes.insert(answer.writes.end(), also.begin(), also.end());
  answer.writes.insert(answer.writes.begin(), marks.begin(), marks.end());
  answer.refused = once_only(refusal, std::move(event), std::move(marks), std::move(also));
  return answer;
}

std::function<Answer(const store::Refused&)> once_only(Refusal refusal, audit::Event event, store::Writes marks,
                                                       store::Writes also) {
  if (marks.empty()) return {};
  return [refusal = std::move(refusal), event = std::move(event), marks = std::move(marks),
          also = std::move(also)](const store::Refused& by) mutable {
    const auto replay = replayed(by, 0, marks);
    CHECK(replay);
    return refuse_once(refusal, std::move(event), *replay, std::move(marks), std::move(also));
  };
}

std::optional<Error> replayed(const store::Refused& by, std::size_t first, store::Writes& marks) {
  if (by.why != store::Refused::Why::used || by.write < first || by.write >= first + marks.size()) return std::nullopt;
  const auto at = marks.begin() + static_cast<std::ptrdiff_t>(by.write - first);
  if (std::get<store::Mark>(*at).once == store::Once::dpop_jti) {
    marks.erase(at);
    return proof_used();
  }
  marks.clear();  // no client is proven
  return client_refused("the assertion was used before");
}

}  // namespace deputy::endpoints
