// A sorted file of hashes, mapped into memory: the kernel keeps what is looked at, and nothing is loaded.
#include "signin/password/breached.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/encoding.h"
#include "crypto/proof/sha1.h"

namespace deputy::signin {
namespace {

constexpr std::size_t digits = 40;

// Upper case, as the downloads have it; a lower-case file is as good.
int compare(std::string_view line, std::string_view hash) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; };
  for (std::size_t i = 0; i < digits; ++i)
    if (const int differs = lower(line[i]) - hash[i]; differs != 0) return differs;
  return 0;
}

bool is_hash(std::string_view line) {
  return line.size() >= digits && line.find_first_not_of("0123456789abcdefABCDEF") >= digits &&
         (line.size() == digits || line[digits] == ':' || line[digits] == '\r' || line[digits] == '\n');
}

}  // namespace

Result<std::unique_ptr<const Breached>, Fault> Breached::open(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Fail{Fault{Fault::Kind::not_found, "the file of breached passwords cannot be read"}};
  struct stat facts{};
  const bool known = ::fstat(descriptor, &facts) == 0 && facts.st_size > 0;
  const auto size = known ? static_cast<std::size_t>(facts.st_size) : 0;
  auto* const memory = known ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0) : MAP_FAILED;
  ::close(descriptor);
  if (memory == MAP_FAILED) return Fail{Fault{Fault::Kind::invalid, "the file of breached passwords is empty"}};
  std::unique_ptr<const Breached> breached(new Breached(static_cast<const char*>(memory), size));
  if (!is_hash(breached->text_))
    return Fail{Fault{Fault::Kind::invalid, "the file of breached passwords does not begin with a SHA-1 in hex"}};
  return breached;
}

Breached::~Breached() { ::munmap(const_cast<char*>(text_.data()), text_.size()); }

bool Breached::holds(std::string_view password) const {
  const auto hash = hex(as_text(crypto::sha1(password)));
  std::size_t begin = 0, end = text_.size();  // both at the beginning of a line, or the end of the file
  while (begin < end) {
    const auto middle = begin + (end - begin) / 2;
    const auto before = middle == begin ? std::string_view::npos : text_.rfind('\n', middle - 1);
    const auto line = before == std::string_view::npos || before < begin ? begin : before + 1;
    if (text_.size() - line < digits) return false;  // the file was cut off here
    const int order = compare(text_.substr(line, digits), hash);
    if (order == 0) return true;
    const auto after = text_.find('\n', line);
    if (order > 0)
      end = line;
    else
      begin = after == std::string_view::npos ? text_.size() : after + 1;
  }
  return false;
}

}  // namespace deputy::signin
