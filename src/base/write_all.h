// Writing all of a text to a file that is open, whatever the system takes of it at once.
#pragma once

#include <string_view>

namespace deputy {

// Where it says no, errno says why.
bool write_out(int file, std::string_view text);
// To the disk.
bool write_all(int file, std::string_view text);

}  // namespace deputy
