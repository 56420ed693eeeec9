// openid-client: discovery, client_credentials, introspection and revocation, by every way a client may authenticate.
import { test } from "node:test";
import assert from "node:assert/strict";
import { asEdDSA, claimsOf, privateKey, world } from "./kit.mjs";

const client = await import("openid-client");

const service = world.services.ES256;
const overHttp = { execute: [client.allowInsecureRequests] }; // the issuer is on loopback

async function discover(algorithm, clientId, authentication, metadata) {
  return client.discovery(new URL(world.issuer), clientId, metadata, authentication, { ...overHttp, algorithm });
}

// The agent gets a token; the service sees it; the agent gives it up; the service no longer sees it.
async function mainJob(config, algorithm) {
  const tokens = await client.clientCredentialsGrant(config, { resource: service.identifier, scope: "read" });
  assert.equal(tokens.token_type, "bearer");
  assert.equal(tokens.scope, "read");
  assert.equal(claimsOf(tokens.access_token).aud, service.identifier);
  const asService = await discover(algorithm, service.client_id, client.ClientSecretBasic(service.secret));
  const seen = await client.tokenIntrospection(asService, tokens.access_token);
  assert.equal(seen.active, true);
  assert.equal(seen.client_id, config.clientMetadata().client_id);
  assert.equal(seen.owner, world.agent.owner);
  await client.tokenRevocation(config, tokens.access_token);
  assert.deepEqual(await client.tokenIntrospection(asService, tokens.access_token), { active: false });
}

const { agent, keyed } = world;
const ways = {
  client_secret_basic: async () => [agent.client_id, client.ClientSecretBasic(agent.secret)],
  client_secret_post: async () => [agent.client_id, client.ClientSecretPost(agent.secret)],
  "private_key_jwt with ES256": async () => [keyed.ES256.client_id, client.PrivateKeyJwt(await privateKey("ES256"))],
  "private_key_jwt with EdDSA": async () => [
    keyed.EdDSA.client_id,
    client.PrivateKeyJwt(await privateKey("EdDSA"), { [client.modifyAssertion]: asEdDSA }),
  ],
  "private_key_jwt with Ed25519": async () => [keyed.EdDSA.client_id, client.PrivateKeyJwt(await privateKey("EdDSA"))],
};

for (const algorithm of ["oauth2", "oidc"]) {
  for (const [name, way] of Object.entries(ways)) {
    test(`${algorithm} discovery, then the main job by ${name}`, async () => {
      const config = await discover(algorithm, ...(await way()));
      assert.equal(config.serverMetadata().issuer, world.issuer);
      await mainJob(config, algorithm);
    });
  }

  test(`${algorithm} discovery of a tenant`, async () => {
    const found = await client.discovery(new URL(world.tenant.issuer), world.tenant.client_id, undefined,
      client.ClientSecretBasic(world.tenant.secret), { ...overHttp, algorithm });
    assert.equal(found.serverMetadata().issuer, world.tenant.issuer);
    const tokens = await client.clientCredentialsGrant(found, { resource: `${world.tenant.issuer}/v1` });
    assert.equal(claimsOf(tokens.access_token).iss, world.tenant.issuer);
  });
}

test("reads the signed introspection response of RFC 9701", async () => {
  const asAgent = await discover("oauth2", agent.client_id, client.ClientSecretBasic(agent.secret));
  const { access_token: token } = await client.clientCredentialsGrant(asAgent, { resource: service.identifier });
  const asService = await discover("oauth2", service.client_id, client.ClientSecretBasic(service.secret), {
    introspection_signed_response_alg: "ES256",
  });
  client.enableNonRepudiationChecks(asService);
  const seen = await client.tokenIntrospection(asService, token);
  assert.equal(seen.active, true);
  assert.equal(seen.sub, agent.client_id);
});

test("is told invalid_client for a wrong secret", async () => {
  const config = await discover("oauth2", agent.client_id, client.ClientSecretBasic("wrong"));
  await assert.rejects(client.clientCredentialsGrant(config, { resource: service.identifier }), (error) => {
    assert.equal(error.status ?? error.cause?.status, 401);
    return true;
  });
});

// It reads no body behind a challenge.
test("finds in the challenge what is wrong with an assertion", async () => {
  const forTheEndpoint = (_, claims) => (claims.aud = `${world.issuer}/oauth2/token`);
  const proof = client.PrivateKeyJwt(await privateKey("ES256"), { [client.modifyAssertion]: forTheEndpoint });
  const config = await discover("oauth2", keyed.ES256.client_id, proof);
  await assert.rejects(client.clientCredentialsGrant(config, { resource: service.identifier }), ({ cause }) => {
    assert.equal(cause[0].parameters.error, "invalid_client");
    assert.match(cause[0].parameters.error_description, /^aud of the assertion must be the issuer/);
    return true;
  });
});

test("is told invalid_target for an unknown resource", async () => {
  const config = await discover("oauth2", agent.client_id, client.ClientSecretPost(agent.secret));
  await assert.rejects(client.clientCredentialsGrant(config, { resource: "https://unknown.example" }), {
    error: "invalid_target",
    status: 400,
  });
});
