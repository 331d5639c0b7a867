#!/usr/bin/env node
/* provider.js: an OpenID provider for `make run` and the tests; see README.md for its settings.
 * It never fetches anything, forgets everything at exit, and lets anybody in: loopback only. */

import http from 'node:http';
import https from 'node:https';

import { Accounts } from './accounts.js';
import { avatar, errorPage, loginPage } from './pages.js';
import { readSettings } from './settings.js';
import { createTenant } from './tenant.js';
import { Traffic } from './traffic.js';

const IDLE_MS = 120_000; // a client that keeps connections alive must be able to show it
const FORM_MAX = 8192;
const HTML = 'text/html; charset=utf-8';

async function readForm(request) {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    text += chunk;
    if (text.length > FORM_MAX) throw new Error('the form is too long');
  }
  return new URLSearchParams(text);
}

function send(response, status, type, body) {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(body);
}

/* A sign-in form that was used already or is not this browser's, mostly. */
function fail(response, error) {
  if (response.headersSent) response.destroy();
  else {
    const { message, error_description: description = message } = error;
    send(response, 400, HTML, errorPage({ error: message, error_description: description }));
  }
}

/* The pages beside oidc-provider's own: sign in, cancel, a portrait, the test's counters. */
class Pages {
  constructor(tenant, accounts, traffic) {
    this.tenant = tenant;
    this.accounts = accounts;
    this.traffic = traffic;
  }

  async answer(request, response, path) {
    const [, place, id, action] = path.split('/');
    if (path === '/_test/requests') {
      send(response, 200, 'application/json', JSON.stringify(this.traffic.counts()));
    }
    else if (place === 'interaction') await this.interact(request, response, id, action);
    else if (place === 'avatar') this.portrait(response, id);
    else return false;
    return true;
  }

  async interact(request, response, id, action) {
    const details = await this.tenant.interactionDetails(request, response);
    const finish = (result) => this.tenant.interactionFinished(request, response, result);
    if (action === 'cancel') {
      await finish({ error: 'access_denied', error_description: 'End-User aborted interaction' });
    }
    else if (details.prompt.name === 'consent') await finish({ consent: {} });
    else if (request.method === 'POST') await this.signIn(request, response, finish);
    else await this.showLogin(response, id, details);
  }

  async signIn(request, response, finish) {
    const login = ((await readForm(request)).get('login') ?? '').trim();
    if (login === '') throw new Error('a user name is needed');
    await finish({ login: { accountId: this.accounts.enter(login), amr: ['pwd'] } });
  }

  async showLogin(response, id, { params }) {
    const client = await this.tenant.Client.find(params.client_id);
    const base = `/interaction/${encodeURIComponent(id)}`;
    send(response, 200, HTML, loginPage({
      action: `${base}/login`,
      cancel: `${base}/cancel`,
      client: client.clientName,
      hint: params.login_hint ?? '',
    }));
  }

  portrait(response, file) {
    const name = this.accounts.nameOf((file ?? '').replace(/\.svg$/, ''));
    if (name === undefined) send(response, 404, 'text/plain', 'nobody\n');
    else send(response, 200, 'image/svg+xml', avatar(name));
  }
}

function listen(server, port, host) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, ipv6Only: true }, () => resolve(server.address().port));
  });
}

function newServer(tls, handler) {
  const options = { keepAliveTimeout: IDLE_MS, ...tls };
  const server = tls ? https.createServer(options, handler) : http.createServer(options, handler);
  server.headersTimeout = IDLE_MS + 1000; // below keepAliveTimeout it would cut idle connections
  return server;
}

/* Both loopback addresses, since `localhost` may mean either; a machine may lack IPv6. */
async function listenOnLoopback(tls, wanted, handler) {
  const servers = [newServer(tls, handler), newServer(tls, handler)];
  const port = await listen(servers[0], wanted, '127.0.0.1');
  await listen(servers[1], port, '::1').catch((error) => {
    if (!['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(error.code)) throw error;
  });
  return port;
}

async function main() {
  const settings = readSettings(process.argv[2], process.env);
  const scheme = settings.tls ? 'https' : 'http';
  let handle = (request, response) => send(response, 503, 'text/plain', 'starting\n');
  const port = await listenOnLoopback(settings.tls, settings.port, (...both) => handle(...both));
  const issuer = settings.issuer ?? `${scheme}://localhost:${port}`;
  const accounts = new Accounts(issuer);
  const tenant = createTenant(settings, issuer, accounts);
  const traffic = new Traffic();
  const pages = new Pages(tenant, accounts, traffic);
  const oidc = tenant.callback();

  handle = async (request, response) => {
    const path = request.url.split('?')[0];
    traffic.count(path, request.socket);
    try {
      if (!await pages.answer(request, response, path)) await oidc(request, response);
    }
    catch (error) {
      fail(response, error);
    }
  };
  process.stdout.write(`listening ${scheme}://127.0.0.1:${port}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
/* stdout is for the one line above; that memory forgets is what this provider is for. */
console.info = console.error;
console.warn = (text) => (/in-memory adapter/.test(text) ? undefined : console.error(text));
main().catch((error) => {
  console.error(`provider: ${error.message}`);
  process.exit(1);
});
