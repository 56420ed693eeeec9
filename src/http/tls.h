// The TLS a server offers (RFC 8446, RFC 9325): 1.2 and 1.3, forward secrecy only, HTTP/1.1 only.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "base/fault.h"
#include "base/result.h"
#include "http/server.h"

namespace deputy::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// Reads certificate and key. A fault says which file, and what is wrong with it.
Result<TlsContext, Fault> make_tls(const Tls& tls);

}  // namespace deputy::http
