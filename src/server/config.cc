// Reading settings: file, environment, and putting the layers together.
#include "server/config.h"

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>

#include "http/address.h"
#include "http/client.h"

namespace deputy::server {
namespace {

Fail<Fault> invalid(std::string why) { return Fail{Fault{Fault::Kind::invalid, std::move(why)}}; }

const Setting* find(std::string_view name) {
  for (const auto& setting : settings())
    if (setting.name == name) return &setting;
  return nullptr;
}

// What is wrong with a name that no setting has.
std::string no_such_setting(const std::string& name) {
  for (const auto& setting : settings())
    if (setting.name.starts_with(name + "."))
      return name + ": has no value of its own: its settings stand below it, as " + std::string(setting.name) + " does";
  return name + ": there is no such setting; see docs/config.md";
}

constexpr std::size_t file_bytes_max = 1 << 20;

// The whole file, which may be a pipe as well.
Result<std::string, Fault> text_of(const std::string& file) {
  errno = 0;
  std::ifstream in(file);
  std::string text(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A directory opens, and fails at the first read.
  if (!in && !in.eof())
    return invalid("the file cannot be read: " + file + (errno == 0 ? "" : std::string(": ") + std::strerror(errno)));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > file_bytes_max) return invalid("the file is larger than 1 MiB: " + file);
  return text;
}

// {http: {port: 1}} → http.port; a list becomes its members joined by commas. An alias may stand for what it is in:
// depth and number are bounded.
class Flattened {
 public:
  explicit Flattened(std::string file) : file_(std::move(file)) {}
  Result<Done, Fault> add(const YAML::Node& map, const std::string& prefix = "", int depth = 0) {
    if (depth > depth_max) return wrong(map, "nested too deeply");
    std::set<std::string, std::less<>> keys;
    for (const auto& entry : map) {
      const YAML::Node &key = entry.first, &value = entry.second;
      if (!key.IsScalar()) return wrong(key, "a key must be text");
      // YAML 1.2 §3.2.1.3: keys of a mapping are unique.
      if (!keys.insert(key.Scalar()).second) return wrong(key, "this key stands twice: leave one of them");
      TRY(auto added, add_value(prefix + key.Scalar(), key, value, depth));
    }
    return Done{};
  }
  Values take() { return std::move(values_); }

 private:
  static constexpr int depth_max = 8;
  static constexpr std::size_t nodes_max = 10'000;

  Result<Done, Fault> add_value(const std::string& name, const YAML::Node& key, const YAML::Node& value, int depth) {
    if (++nodes_ > nodes_max) return wrong(key, "too many settings");
    const auto* setting = find(name);
    if (setting != nullptr && (value.IsMap() || (value.IsSequence() && !setting->list)))
      return wrong(key, name + " takes one plain value");
    if (value.IsMap()) return add(value, name + ".", depth + 1);
    std::string text;
    if (value.IsSequence()) {
      for (const auto& one : value) {
        if (++nodes_ > nodes_max) return wrong(key, "too many settings");
        if (!one.IsScalar()) return wrong(key, "the list under " + name + " may hold plain values only");
        text.append(text.empty() ? "" : ",").append(one.Scalar());
      }
    } else if (value.IsScalar()) {
      text = value.Scalar();
    }
    if (!values_.emplace(name, std::move(text)).second) return wrong(key, name + " is set twice: leave one of them");
    return Done{};
  }
  Fail<Fault> wrong(const YAML::Node& at, const std::string& why) const {
    return invalid(file_ + ", line " + std::to_string(at.Mark().line + 1) + ": " + why);
  }

  const std::string file_;
  Values values_;
  std::size_t nodes_ = 0;
};

bool loopback_origin(const std::string& origin) {
  for (const auto* host : {"http://127.0.0.1", "http://localhost", "http://[::1]"})
    if (origin.starts_with(host)) {
      const auto rest = origin.substr(std::string_view(host).size());
      if (rest.empty() || rest.starts_with(':')) return true;
    }
  return false;
}

// Where this machine finds a server that listens on one of the two addresses that an origin with http:// may name. Of
// any other it is not known what its clients call it.
std::string origin_host(const Config& config) {
  const auto address = http::parse_address(config.http.address);
  const auto text = address ? http::to_text(http::unmapped(*address)) : "";
  if (text == "::1") return "[::1]";
  return text == "127.0.0.1" ? text : "";
}

// The origin of a server that was told none. Any free port is known too late.
std::string origin_by_itself(const Config& config, const std::string& host) {
  const bool tls = !config.certificate_file.empty();
  const auto origin = (tls ? "https://" : "http://") + host;
  if (config.http.port == (tls ? 443 : 80)) return origin;
  return origin + ":" + std::to_string(config.http.port == 0 ? http::ServerConfig().port : config.http.port);
}

// What no single setting can be blamed for.
void add_contradictions(const Config& config, std::string& problems) {
  const auto add = [&](const char* sentence) { problems.append(problems.empty() ? "" : "\n").append(sentence); };
  if (config.certificate_file.empty() != config.private_key_file.empty())
    add("http.certificate_file and http.private_key_file belong together: set both or none");
  const auto& origin = config.endpoints.origin;
  // RFC 8414 §2: an issuer uses https; plain http is for one machine, or for tests on it.
  if (!origin.starts_with("https://") && !loopback_origin(origin))
    add("origin must be https:// unless its host is loopback");
  if (config.certificate_file.empty() && config.http.trusted_proxies.empty() &&
      !http::address_in(config.http.address, {"127.0.0.0/8", "::1"}))
    add("http.address is not loopback: set http.certificate_file and http.private_key_file, or name the TLS proxy in "
        "http.trusted_proxies");
  if (config.keyring.publish_ahead < config.keyring.jwks_max_age)
    add("keys.publish_ahead_s is below keys.jwks_max_age_s: a verifier could miss a new key");
  // Half of what readers take: the rest is for rotations on demand.
  if (tokens::scheduled_keys_max(config.keyring) > jose::jwk_set_keys_max / 2)
    add("keys.rotate_every_s is too short beside keys.retire_after_s: at most 8 keys may retire at one time, or "
        "verifiers would refuse the JWK Set for its size");
}

}  // namespace

// An exception of any kind would end a server that reads its settings anew.
Result<Values, Fault> read_file(const std::string& file) try {
  TRY(const auto text, text_of(file));
  const auto documents = YAML::LoadAll(text);
  if (documents.size() > 1)
    return invalid(file + ", line " + std::to_string(documents[1].Mark().line + 1) +
                   ": a second document begins here, and would be passed over: make one of them");
  if (documents.empty() || documents.front().IsNull()) return Values{};
  if (!documents.front().IsMap()) return invalid("the file is not a mapping: " + file);
  Flattened flat(file);
  TRY(auto added, flat.add(documents.front()));
  return flat.take();
} catch (const YAML::Exception& error) {
  return invalid(file + ", line " + std::to_string(error.mark.line + 1) + ": not well-formed YAML");
} catch (const std::exception&) {
  return invalid("the file cannot be read: " + file);
}

std::string variable_of(const Setting& setting) {
  std::string variable = "DEPUTY_";
  for (const char c : setting.name) variable.push_back(c == '.' ? '_' : static_cast<char>(std::toupper(c)));
  return variable;
}

Values read_environment() {
  Values values;
  for (const auto& setting : settings())
    if (const char* value = std::getenv(variable_of(setting).c_str())) values.emplace(setting.name, value);
  return values;
}

Result<Config, Fault> build(const std::vector<Values>& layers) {
  Config config;
  std::string problems;
  const auto add = [&](std::string sentence) { problems.append(problems.empty() ? "" : "\n").append(sentence); };
  for (const auto& setting : settings()) {
    setting.set(config, std::string(setting.fallback));
    config.texts.insert_or_assign(std::string(setting.name), std::string(setting.fallback));
  }
  for (const auto& layer : layers)
    for (const auto& [name, value] : layer) {
      const auto* setting = find(name);
      if (setting == nullptr) {
        add(no_such_setting(name));
      } else if (!setting->set(config, value)) {
        add(name + ": must be " + std::string(setting->range));
      } else {
        config.texts.insert_or_assign(name, value);
      }
    }
  if (std::none_of(layers.begin(), layers.end(), [](const auto& layer) { return layer.contains("origin"); })) {
    const auto host = origin_host(config);
    config.origin_known = !host.empty();
    config.endpoints.origin = origin_by_itself(config, config.origin_known ? host : "127.0.0.1");
    config.texts.insert_or_assign("origin", config.endpoints.origin);
  }
  if (problems.empty()) add_contradictions(config, problems);
  if (!problems.empty()) return invalid(std::move(problems));

  if (!config.certificate_file.empty()) config.http.tls = http::Tls{config.certificate_file, config.private_key_file};
  config.http.secure_origin = config.endpoints.origin.starts_with("https://");
  if (config.http.threads == 0)
    config.http.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  if (config.seal_key_file.empty()) config.seal_key_file = config.data + "/seal.key";
  config.sqlite.file = config.data + "/deputy.db";
  return config;
}

std::string value_of(std::string_view name, const std::vector<Values>& layers) {
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
    if (const auto found = layer->find(name); found != layer->end()) return found->second;
  const auto* setting = find(name);
  CHECK(setting != nullptr);
  return std::string(setting->fallback);
}

Result<Config, Fault> Sources::read() {
  const auto environment = read_environment();
  auto file = named_;
  if (file.empty()) {
    file = value_of("data", {environment, command_line_}) + "/deputy.yaml";
    if (::access(file.c_str(), F_OK) != 0 && errno == ENOENT) {
      // Without it, what it said would go back to its default.
      if (file_was_read_) return invalid("the file was read before, and is not there now: put it back: " + file);
      return build({environment, command_line_});
    }
  }
  TRY(auto values, read_file(file));
  file_was_read_ = true;
  // An editor or a tool that was cut short leaves such a file: what it said would go back to its default.
  if (values.empty() && file_had_settings_)
    return invalid("the file had settings before, and has none now: put them back, or start the server anew to do "
                   "without: " + file);
  file_had_settings_ = file_had_settings_ || !values.empty();
  return build({std::move(values), environment, command_line_});
}

std::vector<std::string> need_restart(const Config& started_with, const Config& reread) {
  const bool tls_turned = started_with.http.tls.has_value() != reread.http.tls.has_value();
  std::vector<std::string> names;
  for (const auto& setting : settings()) {
    if (setting.live && !(tls_turned && setting.name.starts_with("http."))) continue;
    const auto was = started_with.texts.find(setting.name), is = reread.texts.find(setting.name);
    if (was != started_with.texts.end() && is != reread.texts.end() && was->second != is->second)
      names.emplace_back(setting.name);
  }
  return names;
}

}  // namespace deputy::server
