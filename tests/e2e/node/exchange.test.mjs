// Token exchange by oauth4webapi, which knows nothing of ours: the chain is in the token, whoever asks.
import { test } from "node:test";
import assert from "node:assert/strict";
import { claimsOf, signedBy, world } from "./kit.mjs";

const oauth = await import("oauth4webapi");

const { family } = world;
const overHttp = { [oauth.allowInsecureRequests]: true }; // the issuer is on loopback
const TYPE = "urn:ietf:params:oauth:token-type:";
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

async function discover() {
  const url = new URL(world.issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { ...overHttp, algorithm: "oauth2" }));
}

async function exchange(agent, subject_token, parameters = {}, kind = "access_token") {
  const server = await discover();
  const client = { client_id: agent.client_id };
  const asked = { subject_token, subject_token_type: TYPE + kind, ...parameters };
  const authentication = oauth.ClientSecretBasic(agent.secret);
  const answer = await oauth.genericTokenEndpointRequest(server, client, authentication, EXCHANGE, asked, overHttp);
  return oauth.processGenericTokenEndpointResponse(server, client, answer);
}

// A token of the agent's own for the server itself: it says who the agent is, and opens nothing.
async function ownToken(agent) {
  const server = await discover();
  const client = { client_id: agent.client_id };
  const authentication = oauth.ClientSecretBasic(agent.secret);
  const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, {}, overHttp);
  return (await oauth.processClientCredentialsResponse(server, client, answer)).access_token;
}

const upstream = () => {
  const now = Math.floor(Date.now() / 1000);
  return signedBy(family.private_jwk, "k1", {
    iss: family.issuer, sub: family.username, aud: world.issuer, iat: now, exp: now + 300,
  });
};
const begun = async (parameters = {}) =>
  (await exchange(family.orchestrator, await upstream(), { resource: family.resource, ...parameters }, "jwt"))
    .access_token;

test("an upstream token becomes the agent's, for the user", async () => {
  const answer = await exchange(family.orchestrator, await upstream(), { resource: family.resource }, "jwt");
  assert.equal(answer.issued_token_type, `${TYPE}access_token`);
  const claims = claimsOf(answer.access_token);
  assert.equal(claims.sub, family.user);
  assert.deepEqual(claims.act, { sub: family.orchestrator.client_id });
});

test("a holder narrows its token, and stays the actor", async () => {
  const answer = await exchange(family.orchestrator, await begun(), { scope: "read" });
  assert.equal(answer.scope, "read");
  const claims = claimsOf(answer.access_token);
  assert.equal(claims.client_id, family.orchestrator.client_id);
  assert.deepEqual(claims.act, { sub: family.orchestrator.client_id });
});

test("a token is handed on with its chain, and validates as RFC 9068 says", async () => {
  const answer = await exchange(family.orchestrator, await begun(), {
    requested_actor: family.worker.client_id, scope: "read",
  });
  assert.equal(answer.scope, "read");
  const request = new Request("https://any.example/", { headers: { Authorization: `Bearer ${answer.access_token}` } });
  const claims = await oauth.validateJwtAccessToken(await discover(), request, family.resource, overHttp);
  assert.deepEqual(claims.act, { sub: family.worker.client_id, act: { sub: family.orchestrator.client_id } });
  assert.equal(claims.client_id, family.worker.client_id);
});

test("a token is handed on to the agent whose actor_token is shown", async () => {
  const actor_token = await ownToken(family.worker);
  const answer = await exchange(family.orchestrator, await begun({ scope: "read" }), {
    actor_token, actor_token_type: `${TYPE}access_token`,
  });
  const claims = claimsOf(answer.access_token);
  assert.equal(claims.client_id, family.worker.client_id);
  assert.deepEqual(claims.act, { sub: family.worker.client_id, act: { sub: family.orchestrator.client_id } });
  const strangers = { actor_token: await ownToken(family.stranger), actor_token_type: `${TYPE}access_token` };
  await assert.rejects(exchange(family.orchestrator, await begun(), strangers), (error) => {
    assert.equal(error.error, "unauthorized_client");
    return true;
  });
});

test("who is called draws what is onward for it, and nothing else", async () => {
  const onward = { type: "onward", actor: family.worker.client_id, resource: family.resource, scope: "read" };
  const call = await begun({ resource: family.desk, authorization_details: JSON.stringify([onward]) });
  const answer = await exchange(family.worker, call, { resource: family.resource });
  assert.equal(answer.scope, "read");
  assert.equal(claimsOf(answer.access_token).act.act.sub, family.orchestrator.client_id);
  const bare = await begun({ resource: family.desk });
  await assert.rejects(exchange(family.worker, bare, { resource: family.resource }), (error) => {
    assert.equal(error.error, "invalid_target");
    return true;
  });
});

test("a delegate draws on the token it received", async () => {
  const answer = await exchange(family.worker, await begun({ scope: "read" }));
  assert.equal(answer.scope, "read");
  assert.equal(claimsOf(answer.access_token).act.act.sub, family.orchestrator.client_id);
});

test("a stranger is told unauthorized_client", async () => {
  await assert.rejects(exchange(family.stranger, await begun()), (error) => {
    assert.equal(error.error, "unauthorized_client");
    return true;
  });
});
