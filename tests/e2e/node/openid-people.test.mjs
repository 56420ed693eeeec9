// openid-client where there is a person: pushed and signed requests, codes, refresh, userinfo and logout.
import { before, test } from "node:test";
import assert from "node:assert/strict";
import { claimsOf, privateKeyOf, world } from "./kit.mjs";
import { Person } from "./person.mjs";

const client = await import("openid-client");

const { people } = world;
const SCOUT = "https://scout.example/callback";
const CALENDAR = "https://calendar.example/callback";
const alice = new Person();

before(() => alice.setPassword(people));

function discover(clientId, authentication) {
  const overHttp = { execute: [client.allowInsecureRequests] }; // the issuer is on loopback
  return client.discovery(new URL(world.issuer), clientId, undefined, authentication, overHttp);
}

// What a client keeps while the person is away, and what it asks with.
async function asking(redirect_uri, parameters) {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    ...(parameters.scope.includes("openid") && { expectedNonce: client.randomNonce(), idTokenExpected: true }),
  };
  const asked = new URLSearchParams({
    redirect_uri,
    state: checks.expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    ...(checks.expectedNonce && { nonce: checks.expectedNonce }),
    ...parameters,
  });
  return { asked, checks };
}

const scoutKey = await privateKeyOf(people.agent);
const scout = await discover(people.agent.client_id, client.PrivateKeyJwt(scoutKey));

async function pushedAndSigned(parameters) {
  const { asked, checks } = await asking(SCOUT, { resource: people.service.identifier, ...parameters });
  const signed = await client.buildAuthorizationUrlWithJAR(scout, asked, scoutKey);
  return { url: await client.buildAuthorizationUrlWithPAR(scout, signed.searchParams), checks };
}

const signedInOr = async (page) => (page.url.pathname === "/sign-in" ? alice.signIn(page, people) : page);

async function letScoutAct(parameters, duration = "month") {
  const { url, checks } = await pushedAndSigned({ scope: "openid profile read write", prompt: "consent", ...parameters });
  const page = await signedInOr(await alice.go(url));
  assert.equal(page.url.pathname, "/consent");
  const back = await alice.allow(page, duration);
  assert.equal(back.url.origin + back.url.pathname, SCOUT);
  return client.authorizationCodeGrant(scout, back.url, checks);
}

test("an agent acts for the user who let it, and is named in the token", async () => {
  const tokens = await letScoutAct();
  const claims = claimsOf(tokens.access_token);
  assert.equal(claims.sub, people.user);
  assert.deepEqual(claims.act, { sub: people.agent.client_id });
  assert.equal(claims.client_id, people.agent.client_id);
  assert.equal(claims.aud, people.service.identifier);
  assert.equal(tokens.scope.split(" ").filter((scope) => ["read", "write"].includes(scope)).length, 2);
  const who = tokens.claims();
  assert.equal(who.sub, people.user);
  assert.equal(who.aud, people.agent.client_id);
});

test("a request that is not pushed, or not signed, is refused where it must be both", async () => {
  const { asked } = await asking(SCOUT, { scope: "read", resource: people.service.identifier });
  const unsigned = client.buildAuthorizationUrlWithPAR(scout, asked);
  await assert.rejects(unsigned, { error: "invalid_request", status: 400 });
  const signed = await client.buildAuthorizationUrlWithJAR(scout, asked, scoutKey);
  const back = await alice.go(signed);
  assert.equal(back.url.origin + back.url.pathname, SCOUT);
  await assert.rejects(client.authorizationCodeGrant(scout, back.url, { expectedState: asked.get("state") }), {
    error: "invalid_request",
  });
});

test("a refreshed token may be narrower, and is never wider", async () => {
  const { refresh_token } = await letScoutAct({ scope: "read write" });
  const narrow = await client.refreshTokenGrant(scout, refresh_token, { scope: "read" });
  assert.equal(narrow.scope, "read");
  assert.equal(claimsOf(narrow.access_token).scope, "read");
  assert.deepEqual(claimsOf(narrow.access_token).act, { sub: people.agent.client_id });
  const whole = await client.refreshTokenGrant(scout, refresh_token);
  assert.equal(claimsOf(whole.access_token).scope, "read write");
  const read = await letScoutAct({ scope: "read" });
  await assert.rejects(client.refreshTokenGrant(scout, read.refresh_token, { scope: "read write" }), {
    error: "invalid_scope",
    status: 400,
  });
});

test("what the person did not switch on is not in the token", async () => {
  const { url, checks } = await pushedAndSigned({ scope: "read write", prompt: "consent" });
  const page = await signedInOr(await alice.go(url));
  const back = await alice.allow(page, "hour", (label) => label.includes("May read."));
  const tokens = await client.authorizationCodeGrant(scout, back.url, checks);
  assert.equal(tokens.scope, "read");
});

test("userinfo says who the user is, to a token for the issuer", async () => {
  const { refresh_token } = await letScoutAct({ scope: "openid profile read" });
  const tokens = await client.refreshTokenGrant(scout, refresh_token, { resource: world.issuer });
  const info = await client.fetchUserInfo(scout, tokens.access_token, people.user);
  assert.equal(info.name, "Alice Ferrari");
  assert.equal(info.preferred_username, people.username);
});

test("after the consent is withdrawn nothing goes on", async () => {
  const { access_token, refresh_token } = await letScoutAct();
  const service = await discover(people.service.client_id, client.ClientSecretBasic(people.service.secret));
  assert.equal((await client.tokenIntrospection(service, access_token)).active, true);
  await alice.takeBack();
  await assert.rejects(client.refreshTokenGrant(scout, refresh_token), { error: "invalid_grant", status: 400 });
  assert.deepEqual(await client.tokenIntrospection(service, access_token), { active: false });
});

const calendar = await discover(people.calendar.client_id, client.ClientSecretBasic(people.calendar.secret));

async function signInToCalendar(person, parameters = {}) {
  const { asked, checks } = await asking(CALENDAR, { scope: "openid profile email", ...parameters });
  let page = await person.go(client.buildAuthorizationUrl(calendar, asked));
  if (page.url.pathname === "/sign-in") page = await person.signIn(page, people);
  if (page.url.pathname === "/consent") page = await person.allow(page, "once");
  return { back: page.url, checks };
}

test("an application learns who signed in, and acts for nobody", async () => {
  const { back, checks } = await signInToCalendar(new Person());
  client.enableNonRepudiationChecks(calendar); // the ID token's signature, though it came over a direct connection
  const tokens = await client.authorizationCodeGrant(calendar, back, checks);
  const who = tokens.claims();
  assert.equal(who.sub, people.user);
  assert.equal(who.nonce, checks.expectedNonce);
  assert.equal(who.act, undefined);
  assert.equal(claimsOf(tokens.access_token).act, undefined);
  assert.equal(tokens.refresh_token, undefined);
  const info = await client.fetchUserInfo(calendar, tokens.access_token, who.sub);
  assert.equal(info.email, "alice@example.com");
  assert.equal(info.email_verified, true);
  assert.equal(info.name, "Alice Ferrari");
});

test("a code with another nonce, another verifier or used before is worth nothing", async () => {
  const person = new Person();
  const first = await signInToCalendar(person);
  await assert.rejects(
    client.authorizationCodeGrant(calendar, first.back, { ...first.checks, expectedNonce: client.randomNonce() }),
    (error) => error.cause.cause.claim === "nonce");
  await assert.rejects(client.authorizationCodeGrant(calendar, first.back, first.checks), { error: "invalid_grant" });
  const second = await signInToCalendar(person);
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  await assert.rejects(client.authorizationCodeGrant(calendar, second.back, { ...second.checks, pkceCodeVerifier }), {
    error: "invalid_grant",
  });
});

test("signs the person out, and they come back to the application", async () => {
  const person = new Person();
  const { back, checks } = await signInToCalendar(person);
  const { id_token } = await client.authorizationCodeGrant(calendar, back, checks);
  const out = await person.go(client.buildEndSessionUrl(calendar, {
    id_token_hint: id_token, post_logout_redirect_uri: "https://calendar.example/bye", state: "until-soon",
  }));
  assert.equal(out.url.href, "https://calendar.example/bye?state=until-soon");
  const asked = await asking(CALENDAR, { scope: "openid", prompt: "none" });
  const none = await person.go(client.buildAuthorizationUrl(calendar, asked.asked));
  await assert.rejects(client.authorizationCodeGrant(calendar, none.url, asked.checks), { error: "login_required" });
});
