# Runs one command with a server beside it; DEPUTY_WORLD names a file that says who is there. For clients not in Python.
import json
import os
import subprocess
import sys

from kit.api import Admin, Client, OAuth, unique
from kit.family import Family
from kit.keys import pair, private_jwk
from kit.server import Server, free_port


def services_of(admin):
    """One service for each algorithm a resource may choose."""
    return {algorithm: admin.service(algorithm=algorithm) for algorithm in ("ES256", "EdDSA", "RS256")}


def keyed_of(admin, services, owner):
    """An agent for each algorithm it may authenticate with."""
    return {algorithm: keyed_agent(admin, algorithm, *services.values(), owner=owner) for algorithm in ("ES256", "EdDSA")}


def keyed_agent(admin, algorithm, *services, **more):
    agent = admin.agent(*services, secret=False, **more)
    private, public = pair(algorithm)
    admin.keys_of(agent.record, public | {"kid": "first"})
    return {"client_id": agent.client_id, "kid": "first", "private_jwk": private_jwk(algorithm, private)}


def family_of(admin):
    family = Family(admin)
    named = {name: getattr(family, name) for name in ("orchestrator", "worker", "stranger")}
    return {
        "issuer": family.issuer,
        "private_jwk": family.private_jwk,
        "user": family.user["id"],
        "username": family.user["username"],
        "resource": family.service.identifier,
        "desk": family.desk["identifier"],
        **{name: {"client_id": one.client_id, "secret": one.secret} for name, one in named.items()},
    }


def people_of(admin):
    """A user who has yet to set a password, and two clients they are sent to sign in by."""
    who = {"name": "Alice Ferrari", "email": "alice@example.com", "email_verified": True}
    user = admin.create("users", username=unique("alice"), **who)
    code = admin.ok("POST", f"/users/{user['id']}/reset-code", {})["code"]
    service = admin.service()
    agent = admin.agent(
        secret=False,
        redirect_uris=["https://scout.example/callback"],
        post_logout_redirect_uris=["https://scout.example/bye"],
        pushed_requests_required=True,
        signed_requests_required=True,
    )
    private, public = pair("ES256")
    admin.keys_of(agent.record, public | {"kid": "first"})
    for principal, acts in ((user["id"], {}), (agent.id, {"acts": "others"})):
        admin.create("assignments", role=service.role["id"], principal=principal, **acts)
    application = admin.create(
        "applications",
        name=unique("calendar"),
        redirect_uris=["https://calendar.example/callback"],
        post_logout_redirect_uris=["https://calendar.example/bye"],
    )
    calendar = admin.secret_of("applications", application)
    return {
        "user": user["id"],
        "username": user["username"],
        "code": code,
        "service": {"client_id": service.client_id, "secret": service.secret, "identifier": service.identifier},
        "agent": {"client_id": agent.client_id, "kid": "first", "private_jwk": private_jwk("ES256", private)},
        "calendar": {"client_id": calendar.client_id, "secret": calendar.secret},
    }


def mcp_of(admin):
    """An MCP server where the test will run it, a user who may use it, and clients registered beforehand."""
    service = admin.service(scopes=("tools:call",), identifier=f"http://127.0.0.1:{free_port()}/mcp")
    username = unique("carol")
    user = admin.create("users", username=username)
    admin.create("assignments", role=service.role["id"], principal=user["id"])
    redirect = {"redirect_uris": ["http://127.0.0.1/callback"], "delegation": "any"}
    agent = admin.agent(service, **redirect)
    return {
        "url": service.identifier,
        "user": user["id"],
        "username": username,
        "code": admin.ok("POST", f"/users/{user['id']}/reset-code", {})["code"],
        "agent": {"client_id": agent.client_id, "secret": agent.secret},
        "keyed": keyed_agent(admin, "ES256", service),
        "native": admin.create("applications", name=unique("native"), public=True, **redirect)["id"],
    }


def world_of(server):
    admin = Admin(OAuth(server), Client(server.admin_id, server.admin_secret))
    owner, services = admin.user(), services_of(admin)
    agent = admin.agent(*services.values(), owner=owner)
    slug = unique("acme")
    tenant = admin.create("tenants", id=slug, name="Acme")["admin"]
    server.secrets.add(tenant["secret"])
    return {
        "issuer": server.origin,
        "agent": {"client_id": agent.client_id, "secret": agent.secret, "owner": owner["id"]},
        "keyed": keyed_of(admin, services, owner),
        "services": {
            name: {"client_id": one.client_id, "secret": one.secret, "identifier": one.identifier}
            for name, one in services.items()
        },
        "family": family_of(admin),
        "people": people_of(admin),
        "mcp": mcp_of(admin),
        "tenant": {"issuer": f"{server.origin}/t/{slug}", **tenant},
    }


def main(command):
    with Server() as server:
        path = server.folder / "world.json"
        path.write_text(json.dumps(world_of(server)))
        status = subprocess.run(command, env=os.environ | {"DEPUTY_WORLD": str(path)}).returncode
        path.unlink()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
