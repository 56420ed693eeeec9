// Property: an event line of an export that is accepted is written again as it was read; no export that is made up
// verifies with a key, and none ends the verifier but by a finding.
#include <cstdint>

#include "audit/verify.h"
#include "base/encoding.h"

using namespace deputy;
using namespace deputy::audit;

namespace {

const NoteKey& some_key() {
  static const auto key = note_key("id.example/audit", NoteKey::Type::signer,
                                   crypto::PrivateKey::generate(crypto::Algorithm::EdDSA).public_key());
  return key;
}

std::optional<Finding> verify(std::string_view text, Known known) {
  Verifier verifier(std::move(known));
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (auto finding = verifier.line(line)) return finding;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return verifier.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto line = parse_line(text.substr(0, text.find('\n')));
  if (const auto* event = line ? std::get_if<ExportEvent>(&*line) : nullptr) {
    std::string again;
    append_line(again, *event);
    CHECK(again == std::string(text.substr(0, text.find('\n'))) + "\n");
  }
  if (const auto finding = verify(text, {})) CHECK(!finding->sentence.empty());
  CHECK(verify(text, {.keys = {some_key()}}));
  return 0;
}
