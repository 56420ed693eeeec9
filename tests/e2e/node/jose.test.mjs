// jose verifies our tokens from the published keys.
import { test } from "node:test";
import assert from "node:assert/strict";
import { world } from "./kit.mjs";

const jose = await import("jose");

async function accessToken(service) {
  const answer = await fetch(`${world.issuer}/oauth2/token`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${world.agent.client_id}:${world.agent.secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", resource: service.identifier }),
  });
  assert.equal(answer.status, 200);
  return (await answer.json()).access_token;
}

const keys = jose.createRemoteJWKSet(new URL(`${world.issuer}/oauth2/jwks`));
const expected = { issuer: world.issuer, typ: "at+jwt", requiredClaims: ["sub", "client_id", "jti", "exp", "iat"] };

for (const [algorithm, service] of Object.entries(world.services)) {
  test(`verifies a token signed with ${algorithm}`, async () => {
    const token = await accessToken(service);
    const wanted = { ...expected, audience: service.identifier };
    const { payload, protectedHeader } = await jose.jwtVerify(token, keys, wanted);
    assert.equal(protectedHeader.alg, algorithm);
    assert.equal(payload.sub, world.agent.client_id);
    assert.equal(payload.owner, world.agent.owner);
  });

  test(`refuses an altered token signed with ${algorithm}`, async () => {
    const [head, body, signature] = (await accessToken(service)).split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, scope: "admin" })).toString("base64url");
    await assert.rejects(
      jose.jwtVerify(`${head}.${forged}.${signature}`, keys, { ...expected, audience: service.identifier }),
      { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" },
    );
  });
}

test("refuses a token of another audience", async () => {
  const token = await accessToken(world.services.ES256);
  await assert.rejects(jose.jwtVerify(token, keys, { ...expected, audience: world.services.EdDSA.identifier }), {
    claim: "aud",
  });
});

test("finds each published key under its RFC 7638 thumbprint", async () => {
  const { keys: published } = await (await fetch(`${world.issuer}/oauth2/jwks`)).json();
  assert.ok(published.length >= 3);
  for (const key of published) assert.equal(await jose.calculateJwkThumbprint(key), key.kid);
});
