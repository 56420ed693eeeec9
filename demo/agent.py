# The demo's agent: proves who it is to Deputy, gets a token for one resource, and calls a service with it.
import base64
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def send(url, headers, form=None):
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        with direct.open(urllib.request.Request(url, data=data, headers=headers), timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def token(resource):
    """RFC 6749 section 4.4 and RFC 8707: a token of one's own, for one resource."""
    with open(os.environ["SECRET_FILE"]) as file:
        secret = file.read().strip()
    basic = base64.b64encode(f"{os.environ['CLIENT_ID']}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "resource": resource}
    return send(os.environ["ISSUER"] + "/oauth2/token", {"Authorization": f"Basic {basic}"}, form)


def call(text):
    return send(os.environ["SERVICE"] + "/invoices", {"Authorization": f"Bearer {text}"})


# agent.py token RESOURCE | agent.py call (the token on standard input): prints the status, then the answer.
if sys.argv[1] == "token":
    status, body = token(sys.argv[2])
else:
    status, body = call(sys.stdin.read().strip())
print(json.dumps({"status": status, "body": body}))
