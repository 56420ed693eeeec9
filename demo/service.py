# The demo's protected service: invoices over HTTP. It asks Deputy about every token before it serves a call.
import base64
import json
import os
import sys
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ISSUER = os.environ["ISSUER"]
IDENTIFIER = os.environ["IDENTIFIER"]  # of this service: the only audience it takes tokens for
CREDENTIALS = f"{os.environ['CLIENT_ID']}:{os.environ['CLIENT_SECRET']}"

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def introspect(token):
    """RFC 7662: what Deputy says of a token, to this service."""
    request = urllib.request.Request(
        ISSUER + "/oauth2/introspect",
        data=urllib.parse.urlencode({"token": token}).encode(),
        headers={"Authorization": "Basic " + base64.b64encode(CREDENTIALS.encode()).decode()},
    )
    with direct.open(request, timeout=10) as answer:
        return json.load(answer)


class Invoices(BaseHTTPRequestHandler):
    def do_GET(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        seen = introspect(token) if scheme == "Bearer" and token else {"active": False}
        if not seen["active"]:
            self.answer(401, {"error": "invalid_token"}, 'Bearer error="invalid_token"')
        elif "invoices:read" not in seen.get("scope", "").split():
            self.answer(
                403,
                {"error": "insufficient_scope"},
                'Bearer error="insufficient_scope", scope="invoices:read"',
            )
        else:
            self.answer(200, {"invoices": [{"number": 17, "total": "120.00"}], "shown_to": seen["sub"]})

    def answer(self, status, body, challenge=None):
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Invoices)
print(server.server_port, flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
