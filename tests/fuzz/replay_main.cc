// Replays a fuzz target without libFuzzer: every file of a corpus, then mutations of them, the same on every run.
// Usage: NAME_fuzz CORPUS_FOLDER [mutations [seed]]   or   NAME_fuzz FILE
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string input;  // what is running: a failed CHECK shows it

// Async-signal-safe: hexadecimal, by write() alone.
void show_input(int) {
  constexpr char digits[] = "0123456789abcdef";
  constexpr char head[] = "the property failed for this input (hexadecimal):\n";
  [[maybe_unused]] auto written = write(STDERR_FILENO, head, sizeof head - 1);
  for (const char c : input) {
    const auto byte = static_cast<unsigned char>(c);
    const char pair[] = {digits[byte >> 4], digits[byte & 15]};
    written = write(STDERR_FILENO, pair, sizeof pair);
  }
  written = write(STDERR_FILENO, "\n", 1);
}

void run(std::string text) {
  input = std::move(text);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}

  std::string next() {
    std::string text = corpus_[below(corpus_.size())];
    for (std::size_t left = 1 + below(4); left > 0; --left) change(text);
    constexpr std::size_t octets_max = 32 * 1024;
    if (text.size() > octets_max) text.resize(octets_max);
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  char interesting() {
    constexpr std::string_view known("\0\x01\x7f\x80\xff\"\\{}[]:,.=-+_/%eE0 19\nA", 29);
    return below(4) == 0 ? static_cast<char>(random_()) : known[below(known.size())];
  }

  void change(std::string& text) {
    const auto at = below(text.size() + 1);
    const auto length = below(std::min<std::size_t>(text.size() - at, 64) + 1);
    const auto& other = corpus_[below(corpus_.size())];
    const auto from = below(other.size() + 1);
    switch (below(7)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << below(8));
        break;
      case 1:
        if (at < text.size()) text[at] = interesting();
        break;
      case 2: text.insert(at, 1, interesting()); break;
      case 3: text.erase(at, length); break;
      case 4: text.insert(at, text.substr(at, length)); break;
      case 5: text.insert(at, other.substr(from, below(64))); break;
      default: text = text.substr(0, at) + other.substr(from);
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("which corpus?\n", stderr), 2;
  std::signal(SIGABRT, show_input);
  if (std::filesystem::is_regular_file(argv[1])) return run(read(argv[1])), 0;
  const long mutations = argc > 2 ? std::atol(argv[2]) : 20'000;
  const auto seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1], error)) paths.push_back(entry.path());
  if (paths.empty()) return std::fputs("the corpus is empty\n", stderr), 1;
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  for (const auto& path : paths) corpus.push_back(read(path));
  for (const auto& text : corpus) run(text);
  run("");
  Mutator mutator(corpus, seed);
  for (long i = 0; i < mutations; ++i) run(mutator.next());
  std::printf("%zu files and %ld mutations of them hold the property\n", corpus.size(), mutations);
}
