// DPoP (RFC 9449) by clients that are not ours: bound tokens, what a service sees of them, and this server's own API.
import { test } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { claimsOf, world } from "./kit.mjs";

const oauth = await import("oauth4webapi");
const openid = await import("openid-client");
const jose = await import("jose");

const { agent } = world;
const service = world.services.ES256;
const overHttp = { [oauth.allowInsecureRequests]: true }; // the issuer is on loopback

async function discover() {
  const url = new URL(world.issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { ...overHttp, algorithm: "oauth2" }));
}

async function introspect(server, token) {
  const client = { client_id: service.client_id };
  const asked = await oauth.introspectionRequest(server, client, oauth.ClientSecretBasic(service.secret), token, overHttp);
  return oauth.processIntrospectionResponse(server, client, asked);
}

async function boundToken(server, DPoP, client, resource) {
  const asked = new URLSearchParams({ resource });
  const way = oauth.ClientSecretBasic(client.secret);
  const answer = await oauth.clientCredentialsGrantRequest(server, client, way, asked, { ...overHttp, DPoP });
  return oauth.processClientCredentialsResponse(server, client, answer);
}

for (const algorithm of ["ES256", "Ed25519", "PS256", "RS256"]) {
  test(`oauth4webapi: a token is bound to an ${algorithm} key, and the service is told which`, async () => {
    const server = await discover();
    assert.ok(server.dpop_signing_alg_values_supported.includes(algorithm));
    const keys = await oauth.generateKeyPair(algorithm, { extractable: true });
    const DPoP = oauth.DPoP({ client_id: agent.client_id }, keys);
    const { access_token: token, token_type } = await boundToken(server, DPoP, agent, service.identifier);
    assert.equal(token_type, "dpop");
    const jkt = await jose.calculateJwkThumbprint(await jose.exportJWK(keys.publicKey));
    assert.equal(claimsOf(token).cnf.jkt, jkt);
    const seen = await introspect(server, token);
    assert.equal(seen.token_type, "DPoP");
    assert.equal(seen.cnf.jkt, jkt);
  });
}

test("oauth4webapi: a service verifies a bound token with its proof, and refuses it as bearer", async () => {
  const server = await discover();
  const keys = await oauth.generateKeyPair("ES256", { extractable: true });
  const { access_token: token } = await boundToken(server, oauth.DPoP({ client_id: agent.client_id }, keys), agent, service.identifier);
  const url = "https://booking.example/trips";
  const proof = await new jose.SignJWT({
    jti: crypto.randomUUID(), htm: "GET", htu: url, ath: createHash("sha256").update(token).digest("base64url"),
  })
    .setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk: await jose.exportJWK(keys.publicKey) })
    .setIssuedAt()
    .sign(keys.privateKey);
  const request = (headers) => new Request(url, { headers });
  const validate = (sent) => oauth.validateJwtAccessToken(server, sent, service.identifier, overHttp);
  const claims = await validate(request({ Authorization: `DPoP ${token}`, DPoP: proof }));
  assert.equal(claims.client_id, agent.client_id);
  await assert.rejects(validate(request({ Authorization: `Bearer ${token}` })));
});

test("oauth4webapi: this server's API takes a bound token, and a stolen one not", async () => {
  const server = await discover();
  const administrator = { client_id: world.tenant.client_id, secret: world.tenant.secret };
  const issuer = new URL(world.tenant.issuer);
  const tenant = await oauth.processDiscoveryResponse(
    issuer, await oauth.discoveryRequest(issuer, { ...overHttp, algorithm: "oauth2" }));
  const DPoP = oauth.DPoP(administrator, await oauth.generateKeyPair("ES256"));
  const { access_token: token } = await boundToken(tenant, DPoP, administrator, `${world.tenant.issuer}/v1`);
  const agents = new URL(`${world.tenant.issuer}/v1/agents?limit=5`);
  const answer = await oauth.protectedResourceRequest(token, "GET", agents, undefined, undefined, { ...overHttp, DPoP });
  assert.equal(answer.status, 200);
  assert.ok(answer.headers.get("dpop-nonce"));
  const thief = await fetch(agents, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(thief.status, 401);
  assert.match(thief.headers.get("www-authenticate"), /DPoP algs="/);
  assert.notEqual(server.issuer, tenant.issuer);
});

test("openid-client: client_credentials with DPoP", async () => {
  const config = await openid.discovery(new URL(world.issuer), agent.client_id, undefined,
    openid.ClientSecretBasic(agent.secret), { execute: [openid.allowInsecureRequests] });
  const keys = await openid.randomDPoPKeyPair("ES256", { extractable: true });
  const DPoP = openid.getDPoPHandle(config, keys);
  const tokens = await openid.clientCredentialsGrant(config, { resource: service.identifier, scope: "read" }, { DPoP });
  assert.equal(tokens.token_type, "dpop");
  const jkt = await jose.calculateJwkThumbprint(await jose.exportJWK(keys.publicKey));
  assert.equal(claimsOf(tokens.access_token).cnf.jkt, jkt);
});
