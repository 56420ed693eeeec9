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


def ask(form):
    with open(os.environ["SECRET_FILE"]) as file:
        secret = file.read().strip()
    basic = base64.b64encode(f"{os.environ['CLIENT_ID']}:{secret}".encode()).decode()
    return send(os.environ["ISSUER"] + "/oauth2/token", {"Authorization": f"Basic {basic}"}, form)


def token(resource):
    """RFC 6749 section 4.4 and RFC 8707: a token of one's own, for one resource."""
    return ask({"grant_type": "client_credentials", "resource": resource})


def exchange(kind, text, parameters):
    """RFC 8693: another token for the one that is held; parameters are name=value."""
    return ask(
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": text,
            "subject_token_type": f"urn:ietf:params:oauth:token-type:{kind}",
            **dict(one.split("=", 1) for one in parameters),
        }
    )


def redeem(code, verifier):
    """RFC 6749 section 4.1.3 and RFC 7636: what a person agreed to, for the code their browser brought."""
    return ask({"grant_type": "authorization_code", "code": code, "code_verifier": verifier})


def call(text):
    return send(os.environ["SERVICE"] + "/invoices", {"Authorization": f"Bearer {text}"})


# agent.py token RESOURCE | redeem VERIFIER | exchange KIND [NAME=VALUE…] | call: the code or token is taken from standard
# input. Prints the status and the answer.
if sys.argv[1] == "token":
    status, body = token(sys.argv[2])
elif sys.argv[1] == "redeem":
    status, body = redeem(sys.stdin.read().strip(), sys.argv[2])
elif sys.argv[1] == "exchange":
    status, body = exchange(sys.argv[2], sys.stdin.read().strip(), sys.argv[3:])
else:
    status, body = call(sys.stdin.read().strip())
print(json.dumps({"status": status, "body": body}))
