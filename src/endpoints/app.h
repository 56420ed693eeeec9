// App: the seams an endpoint may touch, and no others. Built once by server/, shared by all reactors.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audit/note.h"
#include "base/bounded_cache.h"
#include "base/clock.h"
#include "base/live.h"
#include "base/random.h"
#include "base/work_pool.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "endpoints/admin/revocation/bulletin.h"
#include "endpoints/strangers.h"
#include "flows/session.h"
#include "http/client.h"
#include "jose/jwk.h"
#include "signin/methods.h"
#include "oauth/dpop_nonce.h"
#include "store/cache/directory.h"
#include "store/cache/last_use.h"
#include "store/store.h"
#include "tokens/audit_log.h"
#include "tokens/issue.h"
#include "tokens/key_set_fetcher.h"
#include "tokens/keyring.h"
#include "tokens/reader.h"
#include "tokens/trusted_issuers.h"

namespace deputy::endpoints {

// What SIGHUP changes while requests are served; one request reads each of these once.
struct LiveConfig {
  flows::SessionLifetimes sessions;       // of browsers that sign in from now on
  bool dpop_nonce_required = false;       // whether a DPoP proof must bear a nonce of ours (RFC 9449 §8)
  bool pushed_requests_required = false;  // whether every authorization request must be pushed (RFC 9126 §5)
  std::vector<std::string> metrics_from{"127.0.0.0/8", "::1"};  // who may read /metrics: addresses and CIDR blocks
  std::vector<audit::NoteKey> audit_witnesses;                  // whose cosignatures are taken
  http::FetchLimits fetch;  // of calls to URLs that others write: which are taken at all
};

struct Config {
  std::string origin;  // "https://id.example": scheme, host, port; no path
  std::size_t page_limit_max = 200;
  Seconds idempotency_lifetime{24 * 3600};
  Seconds assertion_lifetime_max{300};  // how far ahead a client assertion's exp may lie (rfc7523bis)
};

struct App {
  Config config;
  Live<LiveConfig>& live;
  const Clock& clock;
  Random& random;
  store::Store& store;
  store::Directory& directory;      // cached reads of principals, roles, resources
  tokens::Keyring& keyring;         // the signing keys
  tokens::Reader& reader;           // what a presented token is
  tokens::KeySetFetcher& key_sets;  // jwks_uri documents
  tokens::TrustedIssuers& trusted_issuers;
  store::LastUse& last_use;         // of credentials
  BoundedCache<jose::JwkSet>& client_keys;  // parsed sets of key credentials
  const crypto::SealKey& seal;      // for bodies kept at rest that hold a secret
  const crypto::KeyedHash& secret_hash;  // how client secrets are stored
  std::function<bool()> ready;      // for /readyz
  tokens::AuditLog& audit_log;      // the log's key; sealing is the server's own business
  admin::Bulletin& bulletin;        // what followers of revocations are told
  signin::Methods& sign_in;         // how people prove who they are; its pool is for what blocks
  const oauth::DpopNonces& dpop_nonces;
  Strangers& strangers;  // the bound of what is written for unauthenticated callers
  WorkPool& refreshes;   // where a refresh or a change that another overtook is decided once more
};

}  // namespace deputy::endpoints
