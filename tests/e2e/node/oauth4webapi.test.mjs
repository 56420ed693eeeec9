// oauth4webapi: the same road, each answer held to what its specification says.
import { test } from "node:test";
import assert from "node:assert/strict";
import { asEdDSA, privateKey, world } from "./kit.mjs";

const oauth = await import("oauth4webapi");

const service = world.services.ES256;
const overHttp = { [oauth.allowInsecureRequests]: true }; // the issuer is on loopback

async function discover(algorithm, issuer = world.issuer) {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { ...overHttp, algorithm }));
}

async function tokenOf(server, client, authentication, parameters = {}) {
  const asked = new URLSearchParams({ resource: service.identifier, ...parameters });
  const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, asked, overHttp);
  return oauth.processClientCredentialsResponse(server, client, answer);
}

const asAgent = [{ client_id: world.agent.client_id }, oauth.ClientSecretBasic(world.agent.secret)];
const asService = [{ client_id: service.client_id }, oauth.ClientSecretBasic(service.secret)];

async function introspect(server, token, client = asService[0], options = {}) {
  const answer = await oauth.introspectionRequest(server, client, asService[1], token, { ...overHttp, ...options });
  const seen = await oauth.processIntrospectionResponse(server, client, answer);
  return { answer, seen };
}

const { agent, keyed } = world;
const ways = {
  client_secret_basic: async () => [agent.client_id, oauth.ClientSecretBasic(agent.secret)],
  client_secret_post: async () => [agent.client_id, oauth.ClientSecretPost(agent.secret)],
  "private_key_jwt with ES256": async () => [keyed.ES256.client_id, oauth.PrivateKeyJwt(await privateKey("ES256"))],
  "private_key_jwt with EdDSA": async () => [
    keyed.EdDSA.client_id,
    oauth.PrivateKeyJwt(await privateKey("EdDSA"), { [oauth.modifyAssertion]: asEdDSA }),
  ],
  "private_key_jwt with Ed25519": async () => [keyed.EdDSA.client_id, oauth.PrivateKeyJwt(await privateKey("EdDSA"))],
};

for (const algorithm of ["oauth2", "oidc"]) {
  for (const [name, way] of Object.entries(ways)) {
    test(`${algorithm} discovery, then the main job by ${name}`, async () => {
      const server = await discover(algorithm);
      const [client_id, authentication] = await way();
      const { access_token: token, scope } = await tokenOf(server, { client_id }, authentication, { scope: "read" });
      assert.equal(scope, "read");
      const { seen } = await introspect(server, token);
      assert.equal(seen.active, true);
      assert.equal(seen.client_id, client_id);
      const revoked = await oauth.revocationRequest(server, { client_id }, (await way())[1], token, overHttp);
      assert.equal(await oauth.processRevocationResponse(revoked), undefined);
      assert.deepEqual((await introspect(server, token)).seen, { active: false });
    });
  }
}

test("validates the access token as RFC 9068 says", async () => {
  const server = await discover("oauth2");
  const { access_token: token } = await tokenOf(server, ...asAgent);
  const request = new Request("https://booking.example/", { headers: { Authorization: `Bearer ${token}` } });
  const claims = await oauth.validateJwtAccessToken(server, request, service.identifier, overHttp);
  assert.equal(claims.client_id, agent.client_id);
  await assert.rejects(oauth.validateJwtAccessToken(server, request, "https://other.example", overHttp));
});

test("validates the signed introspection response of RFC 9701", async () => {
  const server = await discover("oauth2");
  const { access_token: token } = await tokenOf(server, ...asAgent);
  const client = { client_id: service.client_id, introspection_signed_response_alg: "ES256" };
  const { answer, seen } = await introspect(server, token, client, { requestJwtResponse: true });
  assert.match(answer.headers.get("content-type"), /^application\/token-introspection\+jwt/);
  await oauth.validateApplicationLevelSignature(server, answer, overHttp);
  assert.equal(seen.active, true);
  assert.equal(seen.aud, service.identifier);
  const dead = await introspect(server, "not-a-token", client, { requestJwtResponse: true });
  assert.deepEqual(dead.seen, { active: false });
});

test("refuses metadata of another issuer than it asked for", async () => {
  const asked = new URL(world.tenant.issuer);
  const answer = await oauth.discoveryRequest(new URL(world.issuer), { ...overHttp, algorithm: "oauth2" });
  await assert.rejects(oauth.processDiscoveryResponse(asked, answer));
});

for (const algorithm of ["oauth2", "oidc"]) {
  test(`${algorithm} discovery of a tenant`, async () => {
    assert.equal((await discover(algorithm, world.tenant.issuer)).issuer, world.tenant.issuer);
  });
}

test("sees the challenge with a refused client", async () => {
  const server = await discover("oauth2");
  await assert.rejects(tokenOf(server, { client_id: agent.client_id }, oauth.ClientSecretBasic("wrong")), (error) => {
    assert.equal(error.cause[0].scheme, "basic");
    return true;
  });
});
