// Reading and making the key's file.
#include "cli/own_key.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "cli/files.h"

namespace deputy::cli {
namespace {

Result<std::string, Failure> key_path(const World& world) {
  TRY(const std::string folder, home_folder(world, "XDG_CONFIG_HOME", ".config"));
  return folder + "/dpop.jwk";
}

// None where there is no file.
Result<std::optional<crypto::PrivateKey>, Failure> read_key(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::optional<crypto::PrivateKey>();
  if ((status.st_mode & 077) != 0)  // RFC 9449 §11.9: who has the key is whom tokens are bound to
    return refuse(fmt::format("{} holds a private key and others can read it; run `chmod 600 {}`", path, path));
  TRY(const std::string text, read_file(path));
  auto key = crypto::PrivateKey::from_jwk(text);
  if (!key) return refuse(path + " holds no private key that can be used; move it away, and a new one is made");
  return std::optional(std::move(key).take());
}

}  // namespace

Result<client::DpopKey, Failure> own_key(const World& world) {
  TRY(const std::string path, key_path(world));
  TRY(auto kept, read_key(path));
  if (!kept) {
    auto made = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
    const auto written = write_private_file(path, made.to_jwk() + "\n", Existing::refuse);
    if (!written) {  // another command may have made it meanwhile, and it is one key for all
      TRY(auto others, read_key(path));
      if (!others) return Fail{written.error()};
      return client::DpopKey(std::move(*others), world.clock, world.random);
    }
    kept = std::move(made);
  }
  return client::DpopKey(std::move(*kept), world.clock, world.random);
}

bool is_own_key(const World& world, std::string_view thumbprint) {
  const auto path = key_path(world);
  if (!path) return false;
  auto kept = read_key(*path);
  return kept && *kept && client::DpopKey(std::move(**kept), world.clock, world.random).thumbprint() == thumbprint;
}

}  // namespace deputy::cli
