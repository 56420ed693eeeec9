// Making a data directory, all of it or nothing of it.
#include "server/init.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/id.h"
#include "base/write_all.h"
#include "endpoints/admin/first_tenant.h"
#include "http/server.h"
#include "server/data_lock.h"
#include "server/seal_key.h"
#include "server/world.h"
#include "store/sqlite_look.h"
#include "tokens/log_key.h"

namespace deputy::server {
namespace {

Fail<Fault> cannot(std::string what) { return Fail{Fault{Fault::Kind::unavailable, std::move(what)}}; }

// A file is on the disk once its directory is, too: after a power cut there would be no way to it.
Result<Done, Fault> sync_directory(const std::filesystem::path& directory) {
  const auto path = directory.empty() ? std::string(".") : directory.string();
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return cannot("cannot open the directory " + path + ": " + std::strerror(errno));
  const int synced = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  // EINVAL: a file system that has nothing to sync there (fsync(2)).
  if (synced != 0 && synced != EINVAL)
    return cannot("cannot sync the directory " + path + ": " + std::strerror(synced));
  return Done{};
}

// 0, or errno.
int write_and_close(int fd, std::string_view text) {
  int error = write_all(fd, text) ? 0 : errno;
  if (::close(fd) != 0 && error == 0) error = errno;  // NFS says so late that the disk is full
  return error;
}

bool is_not_to_be_had(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

// 0, or errno. A file that is there is left as it is: link(2). There are file systems without hard links (vfat, some of
// FUSE): a rename that replaces nothing does it there, and where that is not known either, a name that is taken first
// and written then.
int give_name(const std::string& file, const std::string& beside, std::string_view text) {
  if (::link(beside.c_str(), file.c_str()) == 0) return 0;
  if (!is_not_to_be_had(errno)) return errno;
  if (::renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (!is_not_to_be_had(errno)) return errno;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  const int error = write_and_close(fd, text);
  if (error != 0) ::unlink(file.c_str());
  return error;
}

int place_new_file(const std::string& file, const std::string& beside, int fd, std::string_view text) {
  int error = write_and_close(fd, text);
  if (error == 0) error = give_name(file, beside, text);
  ::unlink(beside.c_str());
  return error;
}

// A file that did not exist, readable by us alone, on the disk before we go on. It is all there or not there, whenever
// we are killed: an empty one would be taken for what was made before. So it is written under a name of its own
// (mkostemp(3): with mode 0600) and has its own once it is whole.
Result<Done, Fault> write_new_file(const std::string& file, std::string_view text) {
  std::string beside = file + ".XXXXXX";
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);
  if (fd < 0) return cannot("cannot make " + file + ": " + std::strerror(errno));
  if (const int error = place_new_file(file, beside, fd, text); error != 0)
    return cannot("cannot write " + file + ": " + std::strerror(error));
  auto synced = sync_directory(std::filesystem::path(file).parent_path());
  if (!synced) ::unlink(file.c_str());
  return synced;
}

// The files that this init made, and takes away where it fails: the next one would take them for what was there before,
// and leave the settings it is given unwritten. A seal key stays: it harms nobody, and the next one uses it.
class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    for (const auto& file : files_) ::unlink(file.c_str());
  }
  void add(std::string file) { files_.push_back(std::move(file)); }
  void forget() { files_.clear(); }

 private:
  std::vector<std::string> files_;
};

// Nothing is in it but maybe settings, written before, and the file that this init is to write the secret into: nobody
// else uses it.
bool is_unused(const std::string& directory, const std::string& secret_file) {
  std::error_code error, other;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const bool ours = entry.path().filename() == "deputy.yaml" ||
                      (!secret_file.empty() && std::filesystem::equivalent(entry.path(), secret_file, other));
    if (!ours) return false;
  }
  return !error;
}

// Those above `path` that are not there yet, and the first that is: where what is made will be found.
std::vector<std::filesystem::path> parents_of(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> parents{path.parent_path()};
  std::error_code error;
  while (!std::filesystem::exists(parents.back(), error) && parents.back().has_relative_path())
    parents.push_back(parents.back().parent_path());
  return parents;
}

Result<Done, Fault> make_directory(const std::string& data, const std::string& secret_file) {
  std::error_code error;
  const auto parents = parents_of(std::filesystem::absolute(data, error));
  const bool there = std::filesystem::exists(data, error);
  std::filesystem::create_directories(parents.front(), error);
  if (::mkdir(data.c_str(), 0700) != 0 && errno != EEXIST) return cannot("cannot make the directory " + data);
  for (const auto& parent : parents) {
    if (there) break;
    TRY(auto synced, sync_directory(parent));
  }
  struct stat facts{};
  if (::stat(data.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) return cannot(data + " is no directory");
  if ((facts.st_mode & 0777) == 0700) return Done{};
  if (is_unused(data, secret_file)) {
    if (::chmod(data.c_str(), 0700) != 0) return cannot("cannot make the directory private: " + data);
    return Done{};
  }
  if ((facts.st_mode & 077) != 0)
    return Fail{Fault{Fault::Kind::invalid, "the directory is open to others: chmod 700 " + data}};
  return Done{};
}

// What serving needs to find again: the origin, and all that is not as it is by itself. No setting is a secret. `data`
// is where the file lies: a directory that was moved is served where it is now.
Result<std::string, Fault> settings_file(const Config& config) try {
  YAML::Node root;
  for (const auto& setting : settings()) {
    const std::string name(setting.name);
    auto text = config.texts.at(name);
    if (name == "data" || (name != "origin" && text == setting.fallback)) continue;
    // Whoever serves may stand in another directory.
    if (name.ends_with("_file") && !text.empty()) text = std::filesystem::absolute(text);
    const auto dot = name.find('.');
    if (dot == std::string::npos)
      root[name] = text;
    else
      root[name.substr(0, dot)][name.substr(dot + 1)] = text;
  }
  return "# Settings of this server; docs/config.md lists all of them. `deputy config check` says what is wrong.\n" +
         YAML::Dump(root) + "\n";
} catch (const std::exception& error) {
  return cannot(std::string("cannot write the settings down: ") + error.what());
}

bool has_seal_key(const Config& config) {
  return std::getenv("DEPUTY_SEAL_KEY") != nullptr || std::filesystem::exists(config.seal_key_file);
}

// Looked at before anything is written: nothing of what was made is touched, nor anything put beside it. An init that
// was cut short left a store without a tenant, which is finished with the key that it was begun with.
Result<Done, Fault> refuse_made(const Config& config) {
  if (!std::filesystem::exists(config.sqlite.file)) return Done{};
  TRY(const auto made, store::look_at_sqlite_record(config.sqlite, "default", store::Kind::tenant, "default"));
  if (made)
    return Fail{Fault{Fault::Kind::conflict, "there is a store in " + config.data + " already: init never overwrites"}};
  if (has_seal_key(config)) return Done{};
  return Fail{Fault{Fault::Kind::conflict, config.sqlite.file + " was begun with a seal key that is not at " +
                                               config.seal_key_file + ": put it there, or remove the store"}};
}

// RFC 8414 §2: the origin is in the issuer, which a store keeps: a wrong one is wrong for good.
Result<Done, Fault> check_origin_known(const Config& config) {
  if (config.origin_known) return Done{};
  return Fail{Fault{Fault::Kind::invalid, "origin is not set, and http.address is neither 127.0.0.1 nor ::1: say how "
                                          "clients name the server, by --origin https://HOST[:PORT]; a store keeps it "
                                          "for good"}};
}

// What `serve` would refuse of the files that are named, while there is nothing yet that would have to go again.
Result<Done, Fault> check_files(const Config& config) {
  TRY(auto calls, check_calls(config));
  return http::Server::check(config.http);
}

}  // namespace

Result<Initialized, Fault> init(const Config& config, const std::string& secret_file) {
  TRY(auto named, check_origin_known(config));
  TRY(auto files, check_files(config));
  TRY(auto directory, make_directory(config.data, secret_file));
  TRY(auto fresh, refuse_made(config));
  TRY(auto lock, DataLock::take(config.data));
  Undo undo;  // what it does, it does when the store is closed and the lock still held
  SystemRandom random;
  const SystemClock clock;
  if (!has_seal_key(config)) {
    TRY(auto written, write_new_file(config.seal_key_file, crypto::SealKey::generate_text(random) + "\n"));
  }
  TRY(auto seal, std::filesystem::exists(config.sqlite.file) ? read_own_seal_key(config) : read_seal_key(config));
  auto file_is = SettingsFile::kept;
  if (const auto file = config.data + "/deputy.yaml"; !std::filesystem::exists(file)) {
    TRY(auto text, settings_file(config));
    TRY(auto written, write_new_file(file, text));
    undo.add(file);
    file_is = SettingsFile::made;
  }
  if (!std::filesystem::exists(config.sqlite.file))
    for (const auto* end : {"", "-journal", "-wal", "-shm"}) undo.add(config.sqlite.file + end);
  const crypto::KeyedHash secret_hash(seal.derive("client secret hash"));
  TRY(auto store, store::open_sqlite_store(config.sqlite));
  TRY(auto synced, sync_directory(config.data));
  // Before the tenant: with that the store is made, and whatever fails afterwards would lose the first admin's secret.
  TRY(auto log_keys, tokens::log_keys(*store, seal, clock.now(), random));  // by which the seal key is known again
  tokens::Keyring keyring(*store, seal, clock, random, config.keyring);

  endpoints::admin::FirstAdmin admin;
  const endpoints::admin::Seeds seeds{.random = random,
                                      .secret_hash = secret_hash,
                                      .now = clock.now(),
                                      .correlation_id = make_id("req", clock.now(), random),
                                      .actor = ""};
  using endpoints::admin::default_tenant;
  auto writes = endpoints::admin::make_tenant(default_tenant, "Default", config.endpoints.origin, seeds, admin);
  for (auto& write : keyring.first_keys(default_tenant)) writes.push_back(std::move(write));
  TRY(auto outcome, store->commit_now(std::move(writes)));
  if (!std::holds_alternative<Done>(outcome))
    return Fail{Fault{Fault::Kind::conflict, "the store was made by another at the same time"}};
  undo.forget();
  return Initialized{admin.client_id, admin.secret, file_is};
}

}  // namespace deputy::server
