// What every test here needs: the world that with_server.py made, and Web Crypto where Node has it behind a flag only.
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

// Node 18 (Debian 12's) has these, but not as globals.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;

export const world = JSON.parse(readFileSync(process.env.DEPUTY_WORLD, "utf8"));

const PARAMETERS = { ES256: { name: "ECDSA", namedCurve: "P-256" }, EdDSA: { name: "Ed25519" } };

// The private key of the agent that holds one of this algorithm, as Web Crypto has it.
export const privateKey = (algorithm) => privateKeyOf(world.keyed[algorithm]);

export async function privateKeyOf({ private_jwk: { alg, ...jwk }, kid }) {
  const key = await crypto.subtle.importKey("jwk", { ...jwk, key_ops: ["sign"] }, PARAMETERS[alg], false, ["sign"]);
  return { key, kid };
}

// RFC 9864 calls EdDSA over this curve Ed25519, and these libraries do; RFC 8037's name for it is EdDSA.
export const asEdDSA = (header) => {
  if (header.alg === "Ed25519") header.alg = "EdDSA";
};

// A JWT of another issuer, by its ES256 key.
export async function signedBy({ alg, ...jwk }, kid, claims) {
  const key = await crypto.subtle.importKey("jwk", { ...jwk, key_ops: ["sign"] }, PARAMETERS[alg], false, ["sign"]);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg, kid, typ: "JWT" })}.${part(claims)}`;
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, Buffer.from(text));
  return `${text}.${Buffer.from(signature).toString("base64url")}`;
}

export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
}
