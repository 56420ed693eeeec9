// exchange: one token verified that was never seen, authority narrowed, a node and an event durable, one signature.
#include "bench/exchange.h"

#include <fmt/format.h>

#include <unordered_map>

#include "base/encoding.h"
#include "base/json.h"
#include "bench/figure.h"
#include "bench/measure.h"
#include "bench/requests.h"

namespace deputy::bench {
namespace {

constexpr Seconds warm_up{2};

std::string subject_of(std::string_view token) {
  const auto begin = token.find('.') + 1;
  const auto claims = parse_json_object(base64url_decode(token.substr(begin, token.find('.', begin) - begin)).value());
  return std::string(json_text(*claims, "sub").value());
}

// Own tokens of agents in turn: the requests of one turn, repeated.
Result<std::vector<std::string>, Fault> own_tokens(const ServerProcess& server, const DataSet& set,
                                                   std::size_t count) {
  const auto turn = token_requests(set, es256_resource);
  Pool requests;
  for (std::size_t i = 0; i < count; ++i) requests.add(turn.at(i % turn.size()));
  std::vector<std::string> tokens;
  tokens.reserve(count);
  TRY(auto issued, run({.port = server.port(),
                        .requests = &requests,
                        .order = Load::Order::once,
                        .expect = R"("access_token":")",
                        .on_body = [&](std::string_view body) { tokens.push_back(access_token_in(body)); }}));
  return tokens;
}

// Every exchange of an agent names another of its delegates, or other scopes: no two share a node.
Pool exchanges(const DataSet& set, const std::vector<std::string>& tokens) {
  constexpr std::array<std::string_view, 3> scopes{"invoices:read", "invoices:write", "invoices:read+invoices:write"};
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < set.agents.size(); ++i) places[set.agents[i].id] = i;
  std::vector<std::size_t> turn(set.agents.size());
  Pool pool;
  for (const auto& token : tokens) {
    const auto place = places.at(subject_of(token));
    const auto nth = turn[place]++;
    const auto& actor = set.agents[(place + 1 + nth % delegates_each) % set.agents.size()].id;
    pool.add(post_form("/oauth2/token", set.agents[place],
                       fmt::format("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
                                   "&subject_token={}&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3A"
                                   "access_token&requested_actor={}&scope={}",
                                   token, actor, scopes[nth / delegates_each % scopes.size()])));
  }
  return pool;
}

}  // namespace

Result<Exchanged, Fault> exchange_all(const ServerProcess& server, const DataSet& set, std::size_t count,
                                      Seconds window, Limits& limits) {
  TRY(const auto tokens, own_tokens(server, set, count));
  const auto requests = exchanges(set, tokens);
  TRY(auto measured, run_beside({.port = server.port(),
                                 .requests = &requests,
                                 .order = Load::Order::once,
                                 .expect = R"("issued_token_type":")",
                                 .warm_up = warm_up,
                                 .window = window,
                                 .server = server.pid()},
                                limits));
  return Exchanged{tokens.size() + measured.answers, std::move(measured)};
}

Result<Done, Fault> exchange() {
  constexpr Seconds window{8};
  Limits limits;
  limits.measure();
  TRY(auto set, data_set(Proof::delegation, 10'000));
  TRY(auto server, ServerProcess::start(set.data));
  // As many as the limit allows: the server cannot run out of them.
  const auto seconds = static_cast<double>((warm_up + window + Seconds(1)).count());
  const auto count = static_cast<std::size_t>(limits.es256_pairs() * seconds);
  TRY(auto exchanged, exchange_all(*server, set, count, window, limits));
  TRY(auto stopped, server->stop());
  TRY(auto audited, tokens_in_audit(set.data));
  if (audited != exchanged.tokens)
    return Fail{Fault{Fault::Kind::invalid, fmt::format("{} tokens were answered, {} are in the audit",
                                                        exchanged.tokens, audited)}};
  const auto& measured = exchanged.measured;
  print_figure("exchange.p50", measured.latency_ms(0.5), "ms");
  print_figure("exchange.p99", measured.latency_ms(0.99), "ms");
  print_figure("exchange.per_cpu_second", measured.per_cpu_second(), "tokens/s", limits.es256_pairs());
  print_figure("exchange", measured.per_second(), "tokens/s", limits.es256_pairs());
  return Done{};
}

}  // namespace deputy::bench
