// Building the world, and its housekeeping.
#include "server/world.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "base/log.h"
#include "http/client.h"

namespace deputy::server {
namespace {

// `max-age` of a Cache-Control header (RFC 9111 §5.2.2.1); five minutes where it says nothing we can read.
Seconds max_age_of(const std::string& cache_control) {
  constexpr std::string_view name = "max-age=";
  const auto at = cache_control.find(name);
  if (at == std::string::npos) return Seconds(300);
  return Seconds(std::atoll(cache_control.c_str() + at + name.size()));
}

tokens::FetchKeySet fetcher(http::FetchLimits limits) {
  return [limits](const std::string& uri) -> Result<tokens::KeySetDocument, Fault> {
    TRY(auto fetched, http::fetch(uri, limits));
    if (fetched.status != 200) return Fail{Fault{Fault::Kind::unavailable, "the host did not answer 200"}};
    return tokens::KeySetDocument{std::move(fetched.body), max_age_of(fetched.cache_control)};
  };
}

}  // namespace

Result<crypto::SealKey, Fault> read_seal_key(const Config& config) {
  if (const char* text = std::getenv("DEPUTY_SEAL_KEY")) {
    auto key = crypto::SealKey::from_text(text);
    ::unsetenv("DEPUTY_SEAL_KEY");  // nothing we start, and no crash report, inherits it
    return key;
  }
  struct stat facts{};
  if (::stat(config.seal_key_file.c_str(), &facts) != 0)
    return Fail{Fault{Fault::Kind::not_found, "there is no seal key: run `deputy init`, or set seal_key_file"}};
  if ((facts.st_mode & 077) != 0)
    return Fail{Fault{Fault::Kind::invalid, "the seal key's file is readable by others: chmod 600 it"}};
  std::ifstream in(config.seal_key_file);
  std::string text;
  std::getline(in, text);
  auto key = crypto::SealKey::from_text(text);
  for (volatile char& c : text) c = 0;
  return key;
}

Result<std::unique_ptr<World>, Fault> World::open(const Config& config) {
  struct stat facts{};
  if (::stat(config.sqlite.file.c_str(), &facts) != 0)
    return Fail{Fault{Fault::Kind::not_found, "there is no store: run `deputy init` first"}};
  TRY(auto lock, DataLock::take(config.data));
  TRY(auto store, store::open_sqlite_store(config.sqlite));
  TRY(auto seal, read_seal_key(config));
  std::unique_ptr<World> world(new World(config, std::move(lock), std::move(seal), std::move(store)));
  const auto now = world->clock_.now();
  TRY(auto loaded, world->reader_.load(now));
  TRY(auto exists, world->directory_.has_tenant("default"));
  if (!exists) return Fail{Fault{Fault::Kind::not_found, "the store is empty: run `deputy init` first"}};
  TRY(auto keys, world->keyring_.keys("default"));
  world->ready_ = true;
  return world;
}

World::World(const Config& config, DataLock lock, crypto::SealKey seal, std::unique_ptr<store::Store> store)
    : lock_(std::move(lock)),
      seal_(std::move(seal)),
      secret_hash_(seal_.derive("client secret hash")),
      store_(std::move(store)),
      directory_(*store_, config.directory),
      keyring_(*store_, seal_, clock_, random_, config.keyring),
      reader_(*store_, keyring_, config.reader),
      client_keys_(16u << 20),
      key_sets_(fetcher(config.fetch), clock_),
      bulletin_(*store_) {
  app_.reset(new endpoints::App{.config = config.endpoints,
                                .clock = clock_,
                                .random = random_,
                                .store = *store_,
                                .directory = directory_,
                                .keyring = keyring_,
                                .reader = reader_,
                                .key_sets = key_sets_,
                                .last_use = last_use_,
                                .client_keys = client_keys_,
                                .seal = seal_,
                                .secret_hash = secret_hash_,
                                .ready = [this] { return ready_.load(); },
                                .bulletin = bulletin_});
  maintenance_ = std::thread([this] { maintain(); });
}

World::~World() {
  ready_ = false;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  maintenance_.join();
  while (true) {
    auto writes = last_use_.take(1000);
    if (writes.empty() || !store_->commit_now(std::move(writes))) break;
  }
}

void World::maintain() {
  constexpr std::size_t step = 500;  // rows a step: short enough that no request waits behind one
  std::unique_lock lock(mutex_);
  for (int second = 0; !wake_.wait_for(lock, Seconds(1), [&] { return stopping_; }); ++second) {
    lock.unlock();
    const auto now = clock_.now();
    if (auto writes = last_use_.take(step); !writes.empty()) {
      const auto outcome = store_->commit_now(std::move(writes));
      if (!outcome) log::line(log::Level::warn, "maintenance_failed", {{"detail", outcome.error().detail}});
    }
    for (auto purged = store_->purge(now, step); purged && *purged == step; purged = store_->purge(now, step))
      std::this_thread::yield();
    reader_.purge(now);
    if (second % 60 == 59) keyring_.tick();
    lock.lock();
  }
}

}  // namespace deputy::server
