/* provider.test.js: one login as an application would do it, and what a tenant must refuse. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { subjectOf } from './accounts.js';

const CALLBACK = 'http://localhost:3000/login/callback';
const GOODBYE = 'http://localhost:3000/logout';
const SECRET = 's:/+ecret %';

let child;
let base;
let discovery;

before(async () => {
  const settings = JSON.stringify({ PORT: 0, CLIENT_ID: 'shop', CLIENT_SECRET: SECRET });
  const script = fileURLToPath(new URL('provider.js', import.meta.url));
  child = spawn(process.execPath, [script, settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  assert.match(line, /^listening http:\/\/127\.0\.0\.1:\d+\n$/);
  base = line.trim().replace('listening ', '').replace('127.0.0.1', 'localhost');
  discovery = await (await fetch(`${base}/.well-known/openid-configuration`)).json();
});

after(() => child.kill());

class Browser {
  #cookies = new Map();

  async visit(url, form) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(url, base), {
      method: form ? 'POST' : 'GET',
      body: form && new URLSearchParams(form),
      headers: { cookie, accept: 'text/html' },
      redirect: 'manual',
    });
    // Debian's Node.js 18 has no getSetCookie().
    const lines = response.headers.get('set-cookie')?.split(/, (?=[\w.]+=)/) ?? [];
    for (const line of lines) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  /* Follows redirects inside the provider, and stops at the application's own address. */
  async follow(response) {
    const location = response.headers.get('location');
    if (!location?.startsWith('/') && !location?.startsWith(base)) return response;
    return this.follow(await this.visit(location));
  }
}

function request(changes = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(discovery.authorization_endpoint);
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const parameters = {
    client_id: 'shop', response_type: 'code', redirect_uri: CALLBACK, state: 'st',
    scope: 'openid profile email', nonce: 'no', code_challenge: challenge,
    code_challenge_method: 'S256', ...changes,
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return { url: url.href, verifier };
}

async function signIn(browser, name, changes) {
  const { url, verifier } = request(changes);
  const form = await browser.follow(await browser.visit(url));
  const action = /action="([^"]+)"/.exec(await form.text())[1];
  const done = await browser.follow(await browser.visit(action, { login: name, password: 'x' }));
  return { answer: new URL(done.headers.get('location')), verifier };
}

function redeem(code, verifier, { id = 'shop', method = 'basic' } = {}) {
  const body = new URLSearchParams({
    grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier,
  });
  const headers = {};
  const encoded = `${encodeURIComponent(id)}:${encodeURIComponent(SECRET)}`;
  if (method === 'basic') headers.authorization = `Basic ${btoa(encoded)}`;
  else body.set('client_id', id);
  if (method === 'post') body.set('client_secret', SECRET);
  return fetch(discovery.token_endpoint, { method: 'POST', body, headers });
}

test('discovery looks like a tenant', () => {
  assert.equal(discovery.issuer, base);
  assert.equal(discovery.token_endpoint, `${base}/oauth2/token`);
  assert.equal(discovery.userinfo_endpoint, `${base}/oidc/userinfo`);
  assert.equal(discovery.end_session_endpoint, `${base}/oidc/logout`);
  assert.equal(discovery.jwks_uri, `${base}/.well-known/jwks.json`);
  assert.equal(discovery.authorization_response_iss_parameter_supported, true);
  assert.deepEqual(discovery.code_challenge_methods_supported, ['S256']);
  assert.deepEqual(discovery.id_token_signing_alg_values_supported, ['RS256']);
});

test('a login: signed ID token without profile, userinfo with it, logout', async () => {
  const browser = new Browser();
  const { answer, verifier } = await signIn(browser, 'ada.lovelace');
  assert.equal(answer.origin + answer.pathname, CALLBACK);
  assert.equal(answer.searchParams.get('state'), 'st');
  assert.equal(answer.searchParams.get('iss'), base);

  const tokens = await (await redeem(answer.searchParams.get('code'), verifier)).json();
  const [head, body, signature] = tokens.id_token.split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url'));
  const { keys } = await (await fetch(discovery.jwks_uri)).json();
  const key = createPublicKey({ key: keys.find(({ kid }) => kid === header.kid), format: 'jwk' });
  assert.ok(verify('sha256', `${head}.${body}`, key, Buffer.from(signature, 'base64url')));
  const claims = JSON.parse(Buffer.from(body, 'base64url'));
  assert.equal(claims.sub, subjectOf('ada.lovelace'));
  assert.equal(claims.nonce, 'no');
  assert.equal(claims.email, undefined);

  const userinfo = await (await fetch(discovery.userinfo_endpoint, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  })).json();
  assert.deepEqual(Object.keys(userinfo).sort(), ['email', 'email_verified', 'locale', 'name',
    'picture', 'sub', 'updated_at', 'username']);
  assert.equal(userinfo.username, 'ada.lovelace');
  assert.equal(userinfo.name, 'Ada Lovelace');
  assert.equal(userinfo.email, 'ada.lovelace@example.com');
  assert.match(await (await fetch(userinfo.picture)).text(), />AL</);

  const again = await browser.follow(await browser.visit(request().url));
  assert.match(again.headers.get('location'), /[?&]code=/, 'a second login asks nothing');

  const end = new URL(discovery.end_session_endpoint);
  end.searchParams.set('id_token_hint', tokens.id_token);
  end.searchParams.set('post_logout_redirect_uri', GOODBYE);
  end.searchParams.set('state', 'bye');
  const confirm = await (await browser.visit(end.href)).text();
  const xsrf = /name="xsrf" value="(\w+)"/.exec(confirm)[1];
  const action = /action="([^"]+)"/.exec(confirm)[1];
  const gone = await browser.visit(action, { xsrf, logout: 'yes' });
  assert.equal(gone.headers.get('location'), `${GOODBYE}?state=bye`);
  const form = await browser.follow(await browser.visit(request().url));
  assert.match(await form.text(), /name="login"/, 'signed out, so it asks again');
});

test('the other two clients', async () => {
  for (const [id, method] of [['shop-post', 'post'], ['shop-public', 'none']]) {
    const { answer, verifier } = await signIn(new Browser(), 'bob@example.org', { client_id: id });
    const code = answer.searchParams.get('code');
    assert.equal((await redeem(code, verifier, { id, method })).status, 200, id);
  }
});

test('refused: wrong method, wrong verifier, no PKCE, foreign address', async () => {
  const wrongMethod = await signIn(new Browser(), 'eve');
  const code = wrongMethod.answer.searchParams.get('code');
  assert.equal((await redeem(code, wrongMethod.verifier, { method: 'post' })).status, 401);
  const wrongVerifier = await signIn(new Browser(), 'eve');
  const other = wrongVerifier.answer.searchParams.get('code');
  assert.equal((await redeem(other, 'x'.repeat(43))).status, 400);
  const plain = request({ code_challenge: undefined, code_challenge_method: undefined });
  const answer = await new Browser().visit(plain.url);
  assert.match(answer.headers.get('location'), /error=invalid_request/);
  const foreign = await new Browser().visit(request({ redirect_uri: 'http://evil.test/' }).url);
  assert.equal(foreign.status, 400);
  assert.equal(foreign.headers.get('location'), null);
});

test('cancel, an empty name, a form used twice', async () => {
  const browser = new Browser();
  const form = await browser.follow(await browser.visit(request().url));
  const text = await form.text();
  const action = /action="([^"]+)"/.exec(text)[1];
  assert.equal((await browser.visit(action, { login: ' ' })).status, 400);
  const cancel = await browser.follow(await browser.visit(/href="([^"]+cancel)"/.exec(text)[1]));
  assert.match(cancel.headers.get('location'), /error=access_denied/);
  assert.equal((await browser.visit(action, { login: 'late' })).status, 400);
});

test('a name is shown as text, never as markup', async () => {
  const hint = request({ login_hint: '"><script>' });
  const browser = new Browser();
  const form = await browser.follow(await browser.visit(hint.url));
  assert.match(await form.text(), /value="&quot;&gt;&lt;script&gt;"/);
});

test('the counters count requests and connections, but not themselves', async () => {
  const counts = async () => (await fetch(`${base}/_test/requests`)).json();
  const earlier = await counts();
  await fetch(discovery.jwks_uri);
  const later = await counts();
  assert.deepEqual(await counts(), later);
  const path = '/.well-known/jwks.json';
  assert.equal(later[path], earlier[path] + 1);
  assert.ok(later.connections >= later.server_connections && later.server_connections > 0);
});
