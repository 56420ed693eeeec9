// Seeding: the directory's own checks and indexes, in batches of many agents a commit.
#include "bench/data_set.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/encoding.h"
#include "base/id.h"
#include "bench/batches.h"
#include "directory/noun.h"
#include "jose/jwk.h"
#include "oauth/secret.h"
#include "server/init.h"
#include "server/world.h"

namespace deputy::bench {
namespace {

using directory::Kind;
namespace files = std::filesystem;

constexpr std::string_view tenant = "default";
constexpr std::size_t agents_a_turn = 500;
constexpr std::size_t agents_an_owner = 1000;
constexpr std::string_view clients_file = "clients.txt";

Fail<Fault> failed(std::string why) { return Fail{Fault{Fault::Kind::unavailable, std::move(why)}}; }

class Seeder {
 public:
  explicit Seeder(server::World& world) : app_(world.app()), store_(world.store()) {}

  Result<Done, Fault> run(Proof proof, std::size_t agents, std::ostream& clients) {
    TRY(auto people, add_owners(agents / agents_an_owner + 1));
    TRY(auto service, add_resources());
    clients << service.id << ' ' << service.proof << '\n';
    if (proof == Proof::person)
      for (const auto& owner : owners_) {
        waiting_.emplace_back();
        add_assignment(waiting_.back(), owner);
      }
    if (proof == Proof::delegation)
      for (std::size_t i = 0; i < agents; ++i) ring_.push_back(id(Kind::agent));
    for (std::size_t done = 0; done < agents;) {
      for (; done < agents && waiting_.size() < agents_a_turn; ++done) {
        const auto client = proof == Proof::secret   ? agent_with_secret(done)
                            : proof == Proof::key    ? agent_with_key(done)
                            : proof == Proof::person ? agent_of_people(done)
                                                     : agent_in_ring(done);
        clients << client.id << ' ' << client.proof << '\n';
      }
      TRY(auto written, write());
    }
    return Done{};
  }

 private:
  std::string id(Kind kind) { return make_id(directory::row(kind).prefix, app_.clock.now(), app_.random); }

  // A document as /v1 would take it: checked, and completed.
  store::Put put(Kind kind, std::string record, std::string under, const json::object& sent) {
    auto body = directory::check_new(*directory::noun_of(kind), sent);
    if (!body) {
      std::cerr << directory::row(kind).name << ": " << body.error().field << ": " << body.error().sentence << '\n';
      std::abort();
    }
    if (kind == Kind::agent) (*body)["state"] = "active";
    return stored(kind, std::move(record), std::move(under), *body);
  }

  // A record found by all the indexes it would have.
  store::Put stored(Kind kind, std::string record, std::string under, const json::object& body) {
    std::vector<store::Index> indexes;
    if (const auto* noun = directory::noun_of(kind)) {
      for (auto& entry : directory::index_entries(*noun, body))
        indexes.push_back({std::move(entry.name), std::move(entry.value), entry.unique});
      std::set<std::string> referred;
      for (auto& reference : directory::references_of(*noun, body)) referred.insert(std::move(reference.id));
      for (const auto& other : referred) indexes.push_back({"refers_to", other, false});
    }
    const auto now = app_.clock.now();
    return {.record = {.kind = kind,
                       .tenant = std::string(tenant),
                       .id = std::move(record),
                       .under = std::move(under),
                       .created_at = now,
                       .updated_at = now,
                       .body = json::serialize(body)},
            .indexes = std::move(indexes)};
  }

  Result<Done, Fault> add_owners(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      owners_.push_back(id(Kind::user));
      waiting_.push_back({put(Kind::user, owners_.back(), owners_.back(),
                              {{"username", "owner-" + std::to_string(i)}, {"name", "Owner " + std::to_string(i)}})});
    }
    return write();
  }

  // Three resources of one service, and the role that every agent holds.
  Result<Client, Fault> add_resources() {
    Client service{id(Kind::agent), ""};
    waiting_.push_back(agent(service.id, "service"));
    service.proof = add_secret(waiting_.back(), service.id);
    json::array permissions;
    const auto add = [&](std::string_view identifier, std::string_view algorithm, std::string_view format) {
      const auto resource = id(Kind::resource);
      json::array scopes;
      for (const auto* scope : {"invoices:read", "invoices:write", "contacts:read"})
        scopes.push_back({{"name", scope}, {"description", "What a benchmark asks for"}});
      waiting_.push_back({put(Kind::resource, resource, resource,
                              {{"identifier", identifier},
                               {"name", identifier.substr(identifier.rfind('/') + 1)},
                               {"principal", service.id},
                               {"scopes", std::move(scopes)},
                               {"token_lifetime_s", 3600},
                               {"algorithm", algorithm},
                               {"token_format", format}})});
      permissions.push_back({{"resource", resource}, {"scopes", {"invoices:*"}}});
    };
    add(es256_resource, "ES256", "jwt");
    add(eddsa_resource, "EdDSA", "jwt");
    add(opaque_resource, "ES256", "opaque");
    role_ = id(Kind::role);
    waiting_.push_back({put(Kind::role, role_, role_, {{"name", "clerk"}, {"permissions", std::move(permissions)}})});
    TRY(auto written, write());
    return service;
  }

  store::Writes agent(const std::string& agent, const std::string& name, json::object more = {}) {
    const auto& owner = owners_[made_++ / agents_an_owner % owners_.size()];
    const json::object owned{{"owner", owner}, {"from", rfc3339(app_.clock.now())}};
    more["name"] = name;
    more["owner"] = owner;
    return {put(Kind::agent, agent, agent, more),
            stored(Kind::ownership, id(Kind::ownership), agent, owned)};
  }

  std::string add_secret(store::Writes& writes, const std::string& agent) {
    auto secret = oauth::make_client_secret(app_.random);
    const auto hash = app_.secret_hash(secret);
    writes.emplace_back(stored(Kind::credential, id(Kind::credential), agent,
                               {{"principal", agent}, {"type", "secret"}, {"secret_hash", hex(as_text(hash))}}));
    return secret;
  }

  void add_assignment(store::Writes& writes, const std::string& agent, std::string_view acts = "self") {
    writes.emplace_back(
        put(Kind::assignment, id(Kind::assignment), agent, {{"role", role_}, {"principal", agent}, {"acts", acts}}));
  }

  Client agent_in_ring(std::size_t number) {
    json::array next;
    for (std::size_t i = 1; i <= delegates_each; ++i) next.emplace_back(ring_[(number + i) % ring_.size()]);
    Client client{ring_[number], ""};
    auto writes = agent(client.id, "Agent " + std::to_string(number), {{"delegates", std::move(next)}});
    client.proof = add_secret(writes, client.id);
    add_assignment(writes, client.id);
    add_assignment(writes, client.id, "others");
    waiting_.push_back(std::move(writes));
    return client;
  }

  Client agent_with_secret(std::size_t number) {
    Client client{id(Kind::agent), ""};
    auto writes = agent(client.id, "Agent " + std::to_string(number));
    client.proof = add_secret(writes, client.id);
    add_assignment(writes, client.id);
    waiting_.push_back(std::move(writes));
    return client;
  }

  Client agent_of_people(std::size_t number) {
    Client client{id(Kind::agent), ""};
    auto writes = agent(client.id, "Agent " + std::to_string(number), {{"id_token_signed_response_alg", "ES256"}});
    client.proof = add_secret(writes, client.id);
    add_assignment(writes, client.id, "others");
    waiting_.push_back(std::move(writes));
    return client;
  }

  Client agent_with_key(std::size_t number) {
    const auto key = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
    auto jwk = jose::public_jwk(key.public_key(), "1", crypto::Algorithm::ES256);
    Client client{id(Kind::agent), key.to_jwk()};
    auto writes = agent(client.id, "Agent " + std::to_string(number));
    json::object keys{{"keys", json::array{std::move(jwk)}}};
    writes.emplace_back(stored(Kind::credential, id(Kind::credential), client.id,
                               {{"principal", client.id}, {"type", "jwks"}, {"jwks", std::move(keys)}}));
    add_assignment(writes, client.id);
    waiting_.push_back(std::move(writes));
    return client;
  }

  // All that waits, made durable as one group.
  Result<Done, Fault> write() { return write_all(store_, std::exchange(waiting_, {})); }

  endpoints::App& app_;
  store::Store& store_;
  std::vector<std::string> owners_;
  std::string role_;
  std::vector<std::string> ring_;  // of those that may delegate to one another
  std::size_t made_ = 0;
  std::vector<store::Writes> waiting_;
};

std::string build_folder() {
  std::error_code error;
  const auto binary = files::read_symlink("/proc/self/exe", error);
  return binary.parent_path().parent_path().parent_path().string();  // build/release/bench/bench_measure
}

}  // namespace

Result<server::Config, Fault> config_of(const std::string& data) {
  return server::build({{{"data", data}, {"origin", std::string(origin)}}});
}

std::string data_sets_folder() { return build_folder() + "/bench-data"; }

Result<Done, Fault> seed(const std::string& folder, Proof proof, std::size_t agents) {
  std::error_code error;
  if (files::exists(folder + "/" + std::string(clients_file))) return Done{};
  files::remove_all(folder, error);
  files::create_directories(files::path(folder).parent_path(), error);
  std::cerr << "seeding " << agents << " agents in " << folder << '\n';
  TRY(auto config, config_of(folder));
  TRY(auto made, server::init(config));
  TRY(auto world, server::World::open(config));
  world->keep_house();
  const auto unfinished = folder + "/clients.part";
  std::ofstream clients(unfinished);
  clients << made.client_id << ' ' << made.secret << '\n';
  TRY(auto seeded, Seeder(*world).run(proof, agents, clients));
  world.reset();
  clients.close();
  files::rename(unfinished, folder + "/" + std::string(clients_file), error);  // the sign that all of it is there
  if (error) return failed("cannot write " + folder);
  return Done{};
}

Result<DataSet, Fault> data_set(Proof proof, std::size_t agents) {
  const auto root = data_sets_folder();
  constexpr std::array<std::string_view, 4> kinds{"/secrets-", "/keys-", "/delegation-", "/people-"};
  const std::string kind(kinds[static_cast<std::size_t>(proof)]);
  const auto seeded = root + kind + std::to_string(agents) + "-" + std::string(data_format);
  TRY(auto there, seed(seeded, proof, agents));
  DataSet set{.data = root + "/now", .admin = {}, .service = {}, .agents = {}};
  std::error_code error;
  files::remove_all(set.data, error);
  files::copy(seeded, set.data, error);
  if (error) return failed("cannot copy " + seeded + ": " + error.message());
  ::chmod(set.data.c_str(), 0700);
  std::ifstream clients(set.data + "/" + std::string(clients_file));
  clients >> set.admin.id >> set.admin.proof;
  clients >> set.service.id >> set.service.proof;
  for (Client client; clients >> client.id >> client.proof;) set.agents.push_back(client);
  if (set.agents.size() != agents) return failed("the data set in " + seeded + " is not whole: remove it");
  return set;
}

Result<std::uint64_t, Fault> tokens_in_audit(const std::string& data) {
  TRY(auto config, config_of(data));
  TRY(auto store, store::open_sqlite_store(config.sqlite));
  store::EventFilter filter;
  filter.action = "token.issue";
  filter.decision = "granted";
  std::uint64_t count = 0;
  for (store::Store::EventRange range{.after = 0, .limit = 10'000};;) {
    TRY(auto page, store->events(tenant, filter, range));
    count += page.events.size();
    if (page.last == 0) return count;
    range.after = page.last;
  }
}

}  // namespace deputy::bench
