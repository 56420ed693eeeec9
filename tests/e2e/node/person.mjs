// A person with a browser that has no script: keeps cookies, follows redirects within the server, fills in forms.
import assert from "node:assert/strict";
import { world } from "./kit.mjs";

const WORDS = "seven quiet herons at dusk";

const unescaped = (text) =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name]);

function attributes(tag) {
  const found = {};
  for (const [, name, value] of tag.matchAll(/\s([a-z-]+)(?:="([^"]*)")?/g)) found[name] = unescaped(value ?? "");
  return found;
}

// The page's form that posts to this path, with what stands in it as it was sent.
function formOf(page, path) {
  for (const [, opening, body] of page.html.matchAll(/(<form [^>]*>)(.*?)<\/form>/gs)) {
    const action = new URL(attributes(opening).action, page.url);
    if (action.pathname !== path) continue;
    const inputs = [...body.matchAll(/<input [^>]*>/g)].map(({ 0: tag, index }) => ({
      ...attributes(tag),
      label: body.slice(body.lastIndexOf("<label", index), index),
    }));
    return { action, inputs };
  }
  assert.fail(`no form for ${path} on the page of ${page.url}:\n${page.html}`);
}

export class Person {
  cookies = new Map();

  // Where the server's redirects end: a page of the server, or a URL of somebody else's, which is not fetched.
  async go(to, request = {}) {
    const url = new URL(to);
    if (url.origin !== world.issuer) return { url, html: "" };
    const Cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...request, redirect: "manual", headers: { ...request.headers, Cookie } });
    for (const line of [answer.headers.get("set-cookie")].filter(Boolean)) this.keep(line);
    const html = await answer.text();
    if (answer.status === 303) return this.go(new URL(answer.headers.get("location"), url));
    assert.equal(answer.status, 200, html);
    return { url, html };
  }

  keep(line) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    if (/max-age=0/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  // What is typed into fields, and which boxes are ticked, by their labels; without `ticked` they are left as they were.
  submit(page, path, typed, ticked) {
    const { action, inputs } = formOf(page, path);
    const body = new URLSearchParams();
    for (const { type, name, value, checked, label } of inputs) {
      if (type === "checkbox" && (ticked ? ticked(label) : checked !== undefined)) body.append(name, value);
      if (type === "hidden") body.append(name, value);
    }
    for (const [name, value] of Object.entries(typed)) body.append(name, value);
    return this.go(action, { method: "POST", body });
  }

  async setPassword({ username, code }) {
    const page = await this.go(`${world.issuer}/sign-in/reset`);
    const next = await this.submit(page, "/sign-in/reset", { username, code, password: WORDS });
    assert.equal(next.url.pathname, "/sign-in");
  }

  signIn(page, { username }) {
    return this.submit(page, "/sign-in", { username, password: WORDS });
  }

  allow(page, duration, ticked) {
    return this.submit(page, "/consent", { duration, answer: "allow" }, ticked);
  }

  // Everything that one client may do, at /account.
  async takeBack() {
    const page = await this.go(`${world.issuer}/account`);
    const [, path] = /<form [^>]*action="([^"]*)"[^>]*>(?:(?!<\/form>).)*Take everything back/s.exec(page.html);
    await this.submit(page, new URL(unescaped(path), page.url).pathname, {});
  }
}
