// An SSL_CTX with every choice made.
#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

#include <string_view>

namespace deputy::http {
namespace {

namespace ssl = boost::asio::ssl;

// RFC 7301 §3.2: a client that offers protocols, but not ours, is told so by an alert.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void*) {
  constexpr std::string_view wanted = "http/1.1";
  for (unsigned int at = 0; at < in_size;) {
    const unsigned int size = in[at];
    if (at + 1 + size > in_size) break;
    if (std::string_view(reinterpret_cast<const char*>(in + at + 1), size) == wanted) {
      *out = in + at + 1;
      *out_size = static_cast<unsigned char>(size);
      return SSL_TLSEXT_ERR_OK;
    }
    at += 1 + size;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A key under a passphrase cannot be read by a daemon; without this OpenSSL would ask the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Fail<Fault> invalid(std::string what) { return Fail{Fault{Fault::Kind::invalid, std::move(what)}}; }

// RFC 9325 §4.2: for TLS 1.2, ephemeral keys and authenticated encryption only; the four it recommends and no other
// (FAPI 2.0 §5.2.2).
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384";

}  // namespace

Result<TlsContext, Fault> make_tls(const Tls& tls) try {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_default_passwd_cb(native, no_passphrase);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1 || SSL_CTX_set_cipher_list(native, tls12_ciphers) != 1)
    return Fail{Fault{Fault::Kind::unavailable, "this OpenSSL does not offer TLS 1.2 with AEAD ciphers"}};
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);

  boost::system::error_code error;
  context->use_certificate_chain_file(tls.certificate_file, error);
  if (error) return invalid("no certificate chain can be read from " + tls.certificate_file + ": " + error.message());
  context->use_private_key_file(tls.private_key_file, ssl::context::pem, error);
  const auto other_key = [&] {
    return invalid(tls.private_key_file + " is not the key of the certificate in " + tls.certificate_file);
  };
  // OpenSSL looks whether the two fit as it reads a key of the certificate's kind.
  if (ERR_GET_REASON(static_cast<unsigned>(error.value())) == X509_R_KEY_VALUES_MISMATCH) return other_key();
  if (error) return invalid("no private key can be read from " + tls.private_key_file + ": " + error.message());
  if (SSL_CTX_check_private_key(native) != 1) return other_key();
  return context;
} catch (const boost::system::system_error& error) {
  return Fail{Fault{Fault::Kind::unavailable, std::string("OpenSSL cannot make a TLS context: ") + error.what()}};
}

}  // namespace deputy::http
