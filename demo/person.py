# The demo's person: a browser without scripts, that keeps cookies, fills in Deputy's forms and stops at the client's door.
import base64
import hashlib
import http.cookiejar
import secrets
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

PASSWORD = "seven quiet herons at dusk"
CALLBACK = "http://127.0.0.1/callback"


class Forms(HTMLParser):
    """The forms of a page: where each posts to, and its inputs as they stand."""

    def __init__(self, page):
        super().__init__()
        self.forms = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.forms.append((attributes["action"], []))
        elif tag == "input" and self.forms:
            self.forms[-1][1].append(attributes)


class StopAtTheDoor(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, answer, code, message, headers, url):
        if url.startswith(CALLBACK):
            return None
        return super().redirect_request(request, answer, code, message, headers, url)


class Person:
    def __init__(self, issuer):
        self.issuer, self.location = issuer, None
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies, StopAtTheDoor())

    def go(self, url, form=None):
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        try:
            with self.browser.open(urllib.request.Request(url, data=body), timeout=10) as answer:
                self.url, self.page = answer.url, answer.read().decode()
        except urllib.error.HTTPError as refused:
            if refused.code != 303:
                raise
            self.location = refused.headers["Location"]

    def submit(self, path, typed, ticked=()):
        """The page's form for a path; `ticked` are places among its check boxes."""
        for action, inputs in Forms(self.page).forms:
            action = urllib.parse.urljoin(self.url, action)
            if urllib.parse.urlsplit(action).path != path:
                continue
            boxes = [one for one in inputs if one.get("type") == "checkbox"]
            filled = [(one["name"], one["value"]) for one in inputs if one.get("type") == "hidden"]
            filled += [(one["name"], one["value"]) for place, one in enumerate(boxes) if place in ticked]
            return self.go(action, filled + list(typed.items()))
        raise RuntimeError(f"no form for {path} at {self.url}")

    def set_password(self, username, code):
        self.go(self.issuer + "/sign-in/reset")
        self.submit("/sign-in/reset", {"username": username, "code": code, "password": PASSWORD})

    def ask_to_act(self, client_id, resource, scope):
        """Begins as the client would, by sending the browser to Deputy (RFC 6749 section 4.1, RFC 7636)."""
        self.verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "resource": resource,
            "scope": scope,
            "state": "demo",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        self.go(f"{self.issuer}/oauth2/authorize?{urllib.parse.urlencode(parameters)}")

    def sign_in(self, username):
        self.submit("/sign-in", {"username": username, "password": PASSWORD})

    def allow(self, ticked):
        """Gives the code that the browser brings back to the client."""
        self.submit("/consent", {"duration": "hour", "answer": "allow"}, ticked)
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.location).query))
