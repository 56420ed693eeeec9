// Property: what is encoded decodes to itself, and what decodes is the one spelling of its bytes.
#include <cstdint>

#include "base/encoding.h"
#include "base/json.h"

using namespace deputy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text({data, size});
  CHECK(base64url_decode(base64url(input)) == input);
  CHECK(base64_decode(base64(input)) == input);
  CHECK(percent_decode(percent_encode(input)) == input);
  CHECK(form_decode(percent_encode(input)) == input);
  CHECK(hex(input).size() == 2 * size);
  if (const auto bytes = base64url_decode(input)) CHECK(base64url(*bytes) == input);
  if (const auto bytes = base64_decode(input)) CHECK(base64(*bytes) == input);
  if (const auto bytes = percent_decode(input)) {
    CHECK(percent_decode(percent_encode(*bytes)) == *bytes);
    CHECK(bytes->size() <= size);
  }
  // Text is well formed exactly when JSON takes it, quoted.
  std::string quoted;
  append_json_string(quoted, input);
  const auto read = parse_json(quoted, {.depth_max = 1, .bytes_max = quoted.size()});
  CHECK(bool(read) == is_utf8(input));
  if (read) CHECK(std::string_view(read->get_string()) == input);
  return 0;
}
