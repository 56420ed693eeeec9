// A step is one call.
#include "cli/apply/execute.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/encoding.h"
#include "client/refusal.h"
#include "cli/lookup.h"
#include "cli/references.h"
#include "directory/noun.h"

namespace deputy::cli::apply {
namespace {

// Did the server look at it and refuse? Otherwise it may have made the record though no answer says so, at the first
// of several attempts too.
bool is_no(const client::Refusal& refusal) {
  const bool looked_at = refusal.status >= 400 && refusal.status < 500;
  return looked_at && refusal.status != 401 && refusal.status != 429 && refusal.code != "conflict";
}

class Executor {
 public:
  Executor(client::Api& api, const Clock& clock, Ledger& ledger, Names& names)
      : api_(api), clock_(clock), ledger_(ledger), names_(names) {}

  Result<Done, Failure> run(const Step& step) {
    switch (step.act) {
      case Step::Act::create: return create(step);
      case Step::Act::update: {
        const auto version = step.version == 0 ? std::nullopt : std::optional(step.version);
        TRY(const json::object changed, api_.patch(path_of(step.kind, id_of(step)), with_ids(step), version));
        return Done{};
      }
      case Step::Act::transfer: {
        TRY(const json::object changed, api_.post(path_of(step.kind, id_of(step)) + "/transfer", with_ids(step)));
        return Done{};
      }
      case Step::Act::suspend: {
        const json::object why{{"reason", "suspended in the applied file"}};
        TRY(const json::object stopped, api_.post(path_of(step.kind, id_of(step)) + "/suspend", why));
        return Done{};
      }
      case Step::Act::add_member: {
        TRY(const json::object made, api_.post(members_of(step), {{"member", meaning(step.member)}}));
        return Done{};
      }
      case Step::Act::remove_member: {
        TRY(const Done removed, api_.remove(members_of(step) + "/" + percent_encode(step.member)));
        return Done{};
      }
      case Step::Act::revoke: {
        const json::object why{{"reason", "no longer in the applied file"}};
        TRY(const json::object revoked, api_.post(path_of(step.kind, step.id) + "/revoke", why));
        return Done{};
      }
      case Step::Act::remove: {
        TRY(const Done removed, api_.remove(path_of(step.kind, step.id)));
        return ledger_.remove(step.id);
      }
    }
    return Done{};
  }

 private:
  // An id: of a record there was, or of one made by an earlier step.
  std::string meaning(const std::string& symbol) const {
    const auto found = made_.find(symbol);
    return found == made_.end() ? symbol : found->second;
  }
  std::string id_of(const Step& step) const { return step.id.empty() ? meaning(step.symbol) : step.id; }
  std::string members_of(const Step& step) const { return path_of(step.kind, id_of(step)) + "/members"; }

  json::object with_ids(const Step& step) const {
    auto fields = with_references(directory::noun(step.kind), step.fields,
                                  [&](std::span<const Kind>, const std::string& text) -> Result<std::string, Failure> {
                                    return meaning(text);
                                  });
    return fields ? std::move(fields).take() : step.fields;
  }

  Result<Done, Failure> create(const Step& step) {
    const json::object fields = with_ids(step);
    const std::string what = known_as(step.kind, step.symbol, fields);
    TRY(const Done asked, ledger_.ask(what, clock_.now()));
    const auto made = api_.post(path_of(step.kind), fields);
    if (!made && is_no(made.error())) {
      TRY(const Done noted, ledger_.refused(what));
    }
    if (!made) return Fail{Failure(made.error())};
    const std::string id(json_text(*made, "id").value_or(""));
    made_[step.symbol] = id;
    names_[id] = step.symbol;
    return ledger_.add(id, what);
  }

  client::Api& api_;
  const Clock& clock_;
  Ledger& ledger_;
  Names& names_;
  std::map<std::string, std::string> made_;  // symbol → id
};

bool is_noted(const Step& step) { return step.act == Step::Act::create || step.act == Step::Act::remove; }

// What the server finds wrong in itself it would not take the next time either.
std::string_view what_goes_on(const Failure& failure) {
  const bool wrong = failure.status == 400 || failure.status == 422;
  return wrong ? "the file, once it is mended," : "the same file again";
}

// "deputy.yaml:7: ", where the file says what the server refuses. Of what it says no more, and where there was no
// answer, nothing.
std::string place_of(const Step& step, const Failure& failure, const std::string& file) {
  if (step.line == 0 || failure.status == 0) return "";
  const bool of_members = step.act == Step::Act::add_member || step.act == Step::Act::remove_member;
  const std::string path = of_members                       ? "members"
                           : step.act == Step::Act::suspend ? "state"
                                                            : failure.field;
  return fmt::format("{}:{}: ", file, line_of(step.lines, path, step.line));
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Result<Done, Failure> execute(const Plan& plan, const std::string& file, Names names, Ledger& ledger,
                              Session& session) {
  TRY(client::Api* const api, session.api());
  Executor executor(*api, session.world().clock, ledger, names);
  std::size_t done = 0;
  if (ledger.is_behind() || std::any_of(plan.steps.begin(), plan.steps.end(), is_noted)) {
    TRY(const Done begun, ledger.begin());
  }
  for (const Step& step : plan.steps) {
    const std::string line = first_line(difference(step, names));
    session.progress(fmt::format("[{}/{}] {}", done + 1, plan.steps.size(), line));
    const auto result = executor.run(step);
    session.end_progress();
    if (!result)
      return Fail{result.error().told_as(fmt::format("{}{}: {}; {} of {} steps are done, and {} goes on from here",
                                                     place_of(step, result.error(), file), line,
                                                     result.error().sentence, done, plan.steps.size(),
                                                     what_goes_on(result.error())))};
    session.say(line);
    ++done;
  }
  return Done{};
}

}  // namespace deputy::cli::apply
