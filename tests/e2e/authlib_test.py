# Authlib: an agent's tokens by secret and by key, a resource that checks them, and a person who lets an agent act.
import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6750 import InsufficientScopeError, InvalidTokenError
from authlib.oauth2.rfc7523 import PrivateKeyJWT, private_key_jwt_sign
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from kit.api import unique
from kit.browser import page_of, set_password, sign_in
from kit.keys import pair, pem


class ForTheIssuer(PrivateKeyJWT):
    """As it must be here: Authlib's own is for the token endpoint, and for an hour."""

    def __init__(self, issuer):
        super().__init__(issuer, alg="ES256")

    def sign(self, auth, token_endpoint):
        return private_key_jwt_sign(auth.client_secret, auth.client_id, self.token_endpoint, self.alg, expires_in=60)


class Offline(JWTBearerTokenValidator):
    """A resource with the key set (RFC 9068)."""

    def __init__(self, oauth, resource):
        super().__init__(oauth.issuer, resource)
        self.keys = KeySet.import_key_set(oauth.jwks())

    def get_jwks(self):
        return self.keys


class Asking(IntrospectTokenValidator):
    """A resource that introspects (RFC 7662)."""

    def __init__(self, oauth, service):
        super().__init__()
        self.oauth, self.service = oauth, service

    def introspect_token(self, token_string):
        return self.oauth.introspect(token_string, self.service)


def accepted(validator, token, scope="read"):
    claims = validator.authenticate_token(token)
    validator.validate_token(claims, [scope], None)
    return claims


@pytest.fixture
def session(oauth):
    """Makes Authlib's sessions; what they are given is held to be a secret."""

    def make(client_id, proof, **more):
        made = OAuth2Session(client_id, proof, **more)
        made.trust_env = False

        def keep(answer):
            oauth.server.keep_secret(answer.json().values())
            return answer

        made.register_compliance_hook("access_token_response", keep)
        made.register_compliance_hook("refresh_token_response", keep)
        return made

    return make


@pytest.fixture
def keyed(admin, service):
    agent = admin.agent(service, secret=False)
    private, public = pair("ES256")
    admin.keys_of(agent.record, public | {"kid": "first"})
    return agent.client_id, ECKey.import_key(pem(private))


def own_token(session, oauth, service, **more):
    form = {"grant_type": "client_credentials", "resource": service.identifier, **more}
    return session.fetch_token(oauth.issuer + "/oauth2/token", **form)["access_token"]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt"])
def test_the_main_job(oauth, service, agent, keyed, session, method):
    by_key = method == "private_key_jwt"
    client_id, proof = keyed if by_key else agent.auth
    way = ForTheIssuer(oauth.issuer) if by_key else method
    caller = session(client_id, proof, token_endpoint_auth_method=way, revocation_endpoint_auth_method=way)
    token = own_token(caller, oauth, service, scope="read")
    offline, asking = Offline(oauth, service.identifier), Asking(oauth, service)
    for validator in (offline, asking):
        assert accepted(validator, token)["client_id"] == client_id
        with pytest.raises(InsufficientScopeError):
            accepted(validator, token, "write")
    with pytest.raises(InvalidTokenError):
        accepted(Offline(oauth, "https://other.example"), token)
    assert caller.revoke_token(oauth.issuer + "/oauth2/revoke", token=token).status_code == 200
    with pytest.raises(InvalidTokenError):
        accepted(asking, token)


def test_what_authlib_signs_by_default_is_refused_with_the_reason(oauth, service, keyed, session):
    for audience, wrong in ((oauth.issuer + "/oauth2/token", "aud of the"), (oauth.issuer, "exp of the assertion")):
        with pytest.raises(OAuthError) as refused:
            own_token(
                session(*keyed, token_endpoint_auth_method=PrivateKeyJWT(audience, alg="ES256")), oauth, service
            )
        assert refused.value.error == "invalid_client"
        assert refused.value.description.startswith(wrong)


def test_a_person_lets_an_agent_act(oauth, admin, service, session, browser, callback):
    agent = admin.agent(redirect_uris=[callback], delegation="any")
    username = unique("alice")
    alice = admin.create("users", username=username, name="Alice Ferrari")
    admin.create("assignments", role=service.role["id"], principal=alice["id"])
    page = page_of(browser)
    set_password(page, oauth.issuer, username, admin.ok("POST", f"/users/{alice['id']}/reset-code", {})["code"])
    page.get_by_role("button", name="Sign in", exact=True).wait_for()

    metadata = oauth.metadata()
    scopes = {"scope": "openid profile read", "code_challenge_method": "S256"}
    client = session(*agent.auth, redirect_uri=callback, **scopes)
    verifier = generate_token(48)
    asked = {"code_verifier": verifier, "resource": service.identifier}
    page.goto(client.create_authorization_url(metadata["authorization_endpoint"], **asked)[0])
    sign_in(page, username)
    page.get_by_label("One hour").check()
    page.get_by_role("button", name="Allow", exact=True).click()
    page.wait_for_url(callback + "?*")
    back, endpoint = page.url, metadata["token_endpoint"]
    page.context.close()

    offline = Offline(oauth, service.identifier)
    claims = accepted(
        offline, client.fetch_token(endpoint, authorization_response=back, code_verifier=verifier)["access_token"]
    )
    assert (claims["sub"], claims["act"]) == (alice["id"], {"sub": agent.client_id})
    assert accepted(offline, client.refresh_token(endpoint)["access_token"])["sub"] == alice["id"]
    client.refresh_token(endpoint, resource=oauth.issuer)
    assert client.get(metadata["userinfo_endpoint"]).json()["name"] == "Alice Ferrari"
    with pytest.raises(OAuthError) as refused:
        client.fetch_token(endpoint, authorization_response=back, code_verifier=verifier)
    assert refused.value.error == "invalid_grant"


def test_an_application_from_before_pkce_signs_people_in_once_excused(oauth, admin, session, browser, callback):
    application = admin.create("applications", name=unique("report"), redirect_uris=[callback])
    client = session(*admin.secret_of("applications", application).auth, redirect_uri=callback, scope="openid profile")
    username = unique("alice")
    alice = admin.create("users", username=username, name="Alice Ferrari")
    page = page_of(browser)
    set_password(page, oauth.issuer, username, admin.ok("POST", f"/users/{alice['id']}/reset-code", {})["code"])
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    metadata, nonce = oauth.metadata(), generate_token()
    endpoint = metadata["token_endpoint"]

    def ask():
        page.goto(client.create_authorization_url(metadata["authorization_endpoint"], nonce=nonce)[0])

    ask()
    page.get_by_role("link", name="Go on to").click()  # nobody is signed in yet, nor vouches for it
    page.wait_for_url(callback + "?error=invalid_request&*")
    admin.ok("PATCH", f"/applications/{application['id']}", {"pkce_required": False}, headers={"If-Match": '"1"'})
    excused = admin.all("/applications", filter="pkce_required eq false")
    assert application["id"] in [one["id"] for one in excused]
    ask()
    sign_in(page, username)
    page.get_by_role("button", name="Allow", exact=True).click()
    page.wait_for_url(callback + "?code=*")
    tokens = client.fetch_token(endpoint, authorization_response=page.url)
    told = jwt.decode(tokens["id_token"], KeySet.import_key_set(oauth.jwks()), algorithms=["RS256"]).claims
    assert (told["sub"], told["nonce"], told["aud"]) == (alice["id"], nonce, application["id"])
    assert client.get(metadata["userinfo_endpoint"]).json()["name"] == "Alice Ferrari"

    ask()
    page.wait_for_url(callback + "?code=*")
    back = page.url
    page.context.close()
    with pytest.raises(OAuthError) as refused:
        client.fetch_token(endpoint, authorization_response=back, code_verifier=generate_token(48))
    assert refused.value.error == "invalid_grant"
