// TestWorld: a command line whose server, clock, terminal, environment and home folder are a test's own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "cli/main.h"
#include "client/transport.h"

namespace deputy::cli::test {

class StillClock final : public Clock {
 public:
  Instant now() const override { return at; }
  Instant at = from_unix_seconds(1'796'000'000);  // 2026-11-30T00:53:20Z
};

class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

class Borrowed final : public client::Transport {
 public:
  explicit Borrowed(client::Transport& real) : real_(real) {}
  Result<http::Reply, Fault> send(const http::Call& call) override { return real_.send(call); }
  Result<http::Reply, Fault> stream(const http::Call& call,
                                    const std::function<bool(std::string_view)>& on_chunk) override {
    return real_.stream(call, on_chunk);
  }
  void wait(Millis time) override { real_.wait(time); }

 private:
  client::Transport& real_;
};

class TestWorld {
 public:
  explicit TestWorld(client::Transport& server) : server_(server) {
    std::string name = (std::filesystem::temp_directory_path() / "deputy-cli-XXXXXX").string();
    home = mkdtemp(name.data());
    environment = {{"HOME", home.string()},
                   {"DEPUTY_SERVER", "https://id.test"},
                   {"DEPUTY_CLIENT_ID", "agt_admin"},
                   {"DEPUTY_CLIENT_SECRET", "dsk_admin"}};
  }
  ~TestWorld() { std::filesystem::remove_all(home); }
  TestWorld(const TestWorld&) = delete;
  TestWorld& operator=(const TestWorld&) = delete;

  // What one command line prints; `input` is what stands on its standard input.
  int run(std::vector<const char*> words, const std::string& input = "") {
    std::istringstream in(input);
    return run(std::move(words), in);
  }
  int run(std::vector<const char*> words, std::istream& in) {
    std::ostringstream out_stream, err_stream;
    if (output_is_full) out_stream.setstate(std::ios::badbit);
    const World world{
        .streams = {in, out_stream, err_stream, at_terminal, false},
        .environment = [this](const std::string& wanted) -> std::optional<std::string> {
          const auto found = environment.find(wanted);
          return found == environment.end() ? std::nullopt : std::optional(found->second);
        },
        .transport = [this](const http::FetchLimits& limits) -> std::unique_ptr<client::Transport> {
          last_limits = limits;
          return std::make_unique<Borrowed>(server_);
        },
        .ask_secret = [this](const std::string&) { return std::optional(Secret(typed_secret)); },
        .clock = clock,
        .random = random};
    const int status = cli::run(words, world);
    out = out_stream.str();
    err = err_stream.str();
    return status;
  }
  // A file in the home folder, for its owner alone; gives its path.
  std::string file(const std::string& name, const std::string& text) const {
    const auto path = home / name;
    FILE* written = fopen(path.c_str(), "wb");
    std::filesystem::permissions(path, std::filesystem::perms(0600));
    fwrite(text.data(), 1, text.size(), written);
    fclose(written);
    return path.string();
  }
  static std::string text_of(const std::filesystem::path& path) {
    std::string text;
    if (FILE* read = fopen(path.c_str(), "rb")) {
      for (int letter; (letter = fgetc(read)) != EOF;) text += static_cast<char>(letter);
      fclose(read);
    }
    return text;
  }

  StillClock clock;
  CountingRandom random;
  std::filesystem::path home;
  std::map<std::string, std::string> environment;
  http::FetchLimits last_limits;
  bool at_terminal = false;
  bool output_is_full = false;  // nothing can be written to it
  std::string typed_secret, out, err;

 private:
  client::Transport& server_;
};

}  // namespace deputy::cli::test
