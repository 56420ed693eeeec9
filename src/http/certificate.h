// A server's certificate, as its clients will judge it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace deputy::http {

// Why clients refuse the first certificate of the file, a sentence each, naming the file: it is not valid at that
// instant, or (RFC 9110 §4.3.4) not for the host, a name or an address, of IPv6 in brackets; an empty host is not
// asked for. Of a file without a certificate it says nothing: the server refuses that.
std::vector<std::string> certificate_doubts(const std::string& file, std::string_view host, Instant now);

}  // namespace deputy::http
