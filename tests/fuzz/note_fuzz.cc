// Property: a note, a signature line or a verifier key that is accepted has one text, the one it was read from; and a
// checkpoint that is accepted says again what it was.
#include <cstdint>

#include "audit/checkpoint.h"
#include "audit/note.h"
#include "base/encoding.h"

using namespace deputy;
using namespace deputy::audit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  if (const auto note = parse_note(text)) {
    auto again = note->text + "\n";
    for (const auto& signature : note->signatures) again += signature_line(signature);
    CHECK(again == text);
    if (const auto checkpoint = parse_checkpoint(note->text)) CHECK(note->text.starts_with(text_of(*checkpoint)));
  }
  if (const auto line = parse_signature_line(text)) {
    const auto again = signature_line(*line);
    CHECK(again == text || again == std::string(text) + "\n");
    CHECK(again.find('\n') == again.size() - 1);
  }
  if (const auto key = parse_vkey(text)) CHECK(vkey_of(*key) == text);
  return 0;
}
