// The Model Context Protocol's SDK: a server that takes our tokens, and clients that find their way from its 401 to a tool.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { world } from "./kit.mjs";
import { Person } from "./person.mjs";

const sdk = (path) => import(`@modelcontextprotocol/sdk/${path}.js`);
const { createRemoteJWKSet, jwtVerify } = await import("jose");
const { auth, discoverAuthorizationServerMetadata, UnauthorizedError } = await sdk("client/auth");
const { ClientCredentialsProvider, PrivateKeyJwtProvider } = await sdk("client/auth-extensions");
const { Client } = await sdk("client/index");
const { StreamableHTTPClientTransport } = await sdk("client/streamableHttp");
const { InvalidTokenError } = await sdk("server/auth/errors");
const { requireBearerAuth } = await sdk("server/auth/middleware/bearerAuth");
const { getOAuthProtectedResourceMetadataUrl, mcpAuthMetadataRouter } = await sdk("server/auth/router");
const { createMcpExpressApp } = await sdk("server/express");
const { McpServer } = await sdk("server/mcp");
const { StreamableHTTPServerTransport } = await sdk("server/streamableHttp");

const { issuer, mcp } = world;
const url = new URL(mcp.url);
const REDIRECT = "http://127.0.0.1:4999/callback";
const carol = new Person();
let listener;

// Believes the tokens that the issuer signed for this server (RFC 9068).
function verifier({ jwks_uri }) {
  const keys = createRemoteJWKSet(new URL(jwks_uri));
  const verifyAccessToken = async (token) => {
    const expected = { issuer, audience: mcp.url, typ: "at+jwt" };
    const { payload } = await jwtVerify(token, keys, expected).catch((error) => {
      throw new InvalidTokenError(error.message);
    });
    const { client_id: clientId, scope, exp: expiresAt, aud } = payload;
    return { token, clientId, scopes: scope.split(" "), expiresAt, resource: new URL(aud), extra: payload };
  };
  return { verifyAccessToken };
}

before(async () => {
  await carol.setPassword(mcp);
  const oauthMetadata = await discoverAuthorizationServerMetadata(issuer);
  const app = createMcpExpressApp();
  app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: url, scopesSupported: ["tools:call"] }));
  const bearer = requireBearerAuth({
    verifier: verifier(oauthMetadata),
    requiredScopes: ["tools:call"],
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(url),
    expectedResource: url,
  });
  app.post("/mcp", bearer, async (request, response) => {
    const server = new McpServer({ name: "tools", version: "1" });
    server.registerTool("who", { description: "Who calls." }, ({ authInfo }) => ({
      content: [{ type: "text", text: JSON.stringify(authInfo.extra) }],
    }));
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await server.connect(transport);
    await transport.handleRequest(request, response, request.body);
  });
  app.all("/mcp", (_, response) => response.status(405).end());
  listener = app.listen(url.port, "127.0.0.1");
  await once(listener, "listening");
});

after(() => listener?.close());

const client = () => new Client({ name: "caller", version: "1" });
const transport = (authProvider) => new StreamableHTTPClientTransport(url, { authProvider });

// What the server was told by the token that came with the call.
async function callAs(authProvider) {
  const caller = client();
  await caller.connect(transport(authProvider));
  const { content } = await caller.callTool({ name: "who" });
  await caller.close();
  return JSON.parse(content[0].text);
}

test("an agent calls a tool by its secret", async () => {
  const { client_id: clientId, secret: clientSecret } = mcp.agent;
  const seen = await callAs(new ClientCredentialsProvider({ clientId, clientSecret, expectedIssuer: issuer }));
  assert.equal(seen.sub, clientId);
  assert.equal(seen.aud, mcp.url);
  assert.equal(seen.scope, "tools:call");
});

test("an agent calls a tool by its key", async () => {
  const { client_id: clientId, private_jwk: privateKey } = mcp.keyed;
  const proof = { clientId, privateKey, algorithm: "ES256", expectedIssuer: issuer };
  assert.equal((await callAs(new PrivateKeyJwtProvider(proof))).sub, clientId);
});

test("an agent with the wrong secret calls none", async () => {
  const wrong = { clientId: mcp.agent.client_id, clientSecret: "wrong", expectedIssuer: issuer };
  await assert.rejects(callAs(new ClientCredentialsProvider(wrong)), { errorCode: "invalid_client" });
});

// A client that was registered beforehand and keeps what it is given in memory.
class Registered {
  constructor(information) {
    this.information = { ...information, issuer };
  }
  redirectUrl = REDIRECT;
  clientMetadata = { redirect_uris: [REDIRECT] };
  state = () => "s-1";
  clientInformation = () => this.information;
  tokens = () => this.kept;
  saveTokens = (tokens) => (this.kept = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => (this.verifier = verifier);
  redirectToAuthorization = (to) => (this.asked = to);
}

// From the 401 to the page, the consent and the code.
async function letIn(provider) {
  const first = transport(provider);
  await assert.rejects(client().connect(first), UnauthorizedError);
  assert.equal(provider.asked.searchParams.get("resource"), mcp.url);
  const page = await carol.go(provider.asked);
  const back = await carol.allow(page.url.pathname === "/sign-in" ? await carol.signIn(page, mcp) : page, "hour");
  assert.equal(back.url.origin + back.url.pathname, REDIRECT);
  assert.equal(back.url.searchParams.get("iss"), issuer);
  await first.finishAuth(back.url.searchParams.get("code"));
}

test("a person lets an agent call tools for them", async () => {
  const { client_id, secret: client_secret } = mcp.agent;
  const provider = new Registered({ client_id, client_secret });
  await letIn(provider);
  const seen = await callAs(provider);
  assert.equal(seen.sub, mcp.user);
  assert.deepEqual(seen.act, { sub: client_id });
});

test("a person's own client, which keeps no secret, goes on with a new refresh token each time", async () => {
  const provider = new Registered({ client_id: mcp.native });
  await letIn(provider);
  const { access_token, refresh_token } = provider.kept;
  assert.equal(await auth(provider, { serverUrl: url }), "AUTHORIZED");
  assert.notEqual(provider.kept.access_token, access_token);
  assert.notEqual(provider.kept.refresh_token, refresh_token);
  assert.equal((await callAs(provider)).sub, mcp.user);
});

test("a person's own client in two processes goes on in both, though they refresh at once", async () => {
  const one = new Registered({ client_id: mcp.native });
  const two = new Registered({ client_id: mcp.native });
  await letIn(one);
  for (let round = 0; round < 20; round += 1) {
    two.kept = { ...one.kept };
    const both = await Promise.all([one, two].map((each) => auth(each, { serverUrl: url })));
    assert.deepEqual(both, ["AUTHORIZED", "AUTHORIZED"]);
    assert.equal(one.kept.refresh_token, two.kept.refresh_token);
  }
  for (const each of [one, two]) assert.equal((await callAs(each)).sub, mcp.user);
});
