// code: a code redeemed: who agreed and who acts looked at anew, an access token and an ID token signed, the mark of
// the code and the event durable.
#include "base/encoding.h"
#include "base/id.h"
#include "bench/batches.h"
#include "bench/figure.h"
#include "bench/limits.h"
#include "bench/measure.h"
#include "bench/requests.h"
#include "bench/server_process.h"
#include "crypto/hash.h"
#include "delegation/grow.h"
#include "flows/session.h"
#include "grants/carried.h"
#include "oauth/handle.h"
#include "server/world.h"

namespace deputy::bench {
namespace {

constexpr int warm_up_s = 1, window_s = 8;
constexpr std::string_view tenant = "default", verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr Seconds codes_last{600};  // the server would give them a minute; they are made before it starts
constexpr std::size_t rows_a_batch = 64, batches_a_turn = 256;

// What each agent may do for its owner, as a consent page would have made it, in a session that the owner is still in.
Result<grants::Carried, Fault> consent(store::Store& store, const Client& agent, const std::string& resource,
                                       Random& random, std::vector<store::Writes>& waiting) {
  TRY(const auto record, store.get(tenant, directory::Kind::agent, agent.id));
  CHECK(record);
  TRY(const auto body, parse_json_object(record->body));
  const auto now = SystemClock().now();
  const auto owner = std::string(json_text(body, "owner").value());
  auto node = delegation::grow({.parent = nullptr,
                                .tenant = std::string(tenant),
                                .subject = owner,
                                .actor = agent.id,
                                .chain = {agent.id},
                                .authority = {{resource, "invoices:read", ""}, {resource, "invoices:write", ""}},
                                .asked = {},
                                .origin = delegation::Origin::consent,
                                .at = now});
  CHECK(node);
  delegation::give_id(*node, make_id("dlg", now, random));
  const auto signed_in = flows::sign_in({.user = owner, .amr = {"pop", "user"}}, std::nullopt, {},
                                        {.tenant = tenant, .issuer = ""}, {}, random, now);
  grants::Carried carried{.client = agent.id,
                          .user = owner,
                          .delegation = node->id,
                          .openid = oauth::ScopeSet::parse("openid").take(),
                          .resources = {std::string(es256_resource)},
                          .authentication = {.auth_time = now,
                                             .acr = "phr",
                                             .sid = signed_in.session.id,
                                             .amr = signed_in.session.amr},
                          .redirect_uri = "https://agent.example/cb",
                          .code_challenge = crypto::sha256_base64url(verifier),
                          .refreshable = true,
                          .at = now};
  waiting.push_back(signed_in.writes);
  waiting.back().emplace_back(store::Delegate{std::move(node).take()});
  return carried;
}

// So many codes, of all agents in turn, kept as the authorization endpoint keeps them; and what redeems them, in the
// order in which they were made: so many a second, until now.
Result<Pool, Fault> codes(const DataSet& set, std::size_t count, double per_second) {
  TRY(auto config, config_of(set.data));
  TRY(auto store, store::open_sqlite_store(config.sqlite));
  TRY(auto resource, store->find(tenant, directory::Kind::resource, "identifier", es256_resource));
  CHECK(resource);
  SystemRandom random;
  std::vector<store::Writes> waiting;
  std::vector<grants::Carried> consents;
  for (const auto& agent : set.agents) {
    TRY(auto carried, consent(*store, agent, resource->id, random, waiting));
    consents.push_back(std::move(carried));
  }
  TRY(auto agreed, write_all(*store, std::exchange(waiting, {})));
  Pool pool;
  const auto now = SystemClock().now();
  const auto until = now + codes_last;
  for (std::size_t i = 0; i < count; ++i) {
    auto& carried = consents[i % consents.size()];
    const auto made_at = now - Millis(static_cast<std::int64_t>(static_cast<double>(count - i) * 1000 / per_second));
    const auto code = oauth::make_handle(oauth::code_prefix, made_at, random);
    const auto key = oauth::handle_key(code);
    carried.family = "drf_" + key;
    if (waiting.empty() || waiting.back().size() == rows_a_batch) waiting.emplace_back();
    waiting.back().emplace_back(
        store::Keep{store::Use::code, std::string(tenant), key, until, grants::encode(carried)});
    pool.add(post_form("/oauth2/token", set.agents[i % set.agents.size()],
                       "grant_type=authorization_code&code=" + code + "&code_verifier=" + std::string(verifier)));
    if (waiting.size() < batches_a_turn && i + 1 < count) continue;
    TRY(auto written, write_all(*store, std::exchange(waiting, {})));
  }
  return pool;
}

}  // namespace

Result<Done, Fault> code() {
  Limits limits;
  limits.measure();
  TRY(auto set, data_set(Proof::person, 10'000));
  // As many as the limit allows: the server cannot run out of them.
  const auto pairs = limits.es256_signatures() / 2;
  const auto count = set.agents.size() + static_cast<std::size_t>(pairs * (warm_up_s + window_s + 1));
  TRY(const auto requests, codes(set, count, pairs));
  TRY(auto server, ServerProcess::start(set.data));
  TRY(auto measured, run_beside({.port = server->port(),
                                 .requests = &requests,
                                 .order = Load::Order::once,
                                 .expect = R"("id_token":")",
                                 .warm_up = Seconds(warm_up_s),
                                 .window = Seconds(window_s),
                                 .server = server->pid()},
                                limits, set.agents.size()));
  TRY(auto stopped, server->stop());
  print_figure("code.p50", measured.latency_ms(0.5), "ms");
  print_figure("code.p99", measured.latency_ms(0.99), "ms");
  print_figure("code.per_cpu_second", measured.per_cpu_second(), "codes/s", limits.es256_signatures() / 2);
  print_figure("code", measured.per_second(), "codes/s", limits.es256_signatures() / 2);
  return Done{};
}

}  // namespace deputy::bench
