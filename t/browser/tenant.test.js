/* tenant.test.js: `make run` with a .env, as somebody with a tenant has it: another provider, over
 * TLS, with a certificate authority of its own. Prints TAP. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { enterName, launch, newPerson } from './people.js';
import { freePort, startProvider, startSite } from './site.js';
import { finish, step } from './tap.js';

const SECRET = 'p%1 :/+&=$x';
const TRIES = 10;
const directory = mkdtempSync(join(tmpdir(), 'plusauth-tenant.'));
const file = (name) => join(directory, name);

/* An authority, and a server certificate for localhost that it signed. */
function makeCertificates() {
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = (name) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', file(`${name}.key`)];
  openssl('req', '-x509', ...key('ca'), '-out', file('ca.pem'), '-days', '2', '-subj',
    '/CN=A private authority');
  openssl('req', ...key('server'), '-out', file('server.csr'), '-subj', '/CN=localhost');
  writeFileSync(file('san'), 'subjectAltName=DNS:localhost\n');
  openssl('x509', '-req', '-in', file('server.csr'), '-CA', file('ca.pem'), '-CAkey',
    file('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', file('san'), '-out',
    file('server.pem'));
}

function requests(provider) {
  return new Promise((resolve, reject) => {
    const options = { ca: readFileSync(file('ca.pem')) };
    get(`${provider}/_test/requests`, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => { text += chunk; });
      response.on('end', () => resolve(JSON.parse(text)));
    }).on('error', reject);
  });
}

/* As a newcomer writes it: quoted where dotenv wants that, and readable by everybody. */
function writeEnv(issuer) {
  const lines = [`AUTH_URL=${issuer}`, 'CLIENT_ID=my-client', `CLIENT_SECRET=${SECRET}`, ''];
  writeFileSync(file('.env'), lines.join('\n'), { mode: 0o644 });
  return file('.env');
}

/* A provider that was down is not asked again at once: the answer says when. */
async function openWhenReady(person, path) {
  for (let i = 0; i < TRIES; i += 1) {
    const { page, response } = await person.open(path);
    if (response.ok()) return page;
    const seconds = Number(await response.headerValue('retry-after') ?? 1);
    await page.waitForTimeout(1000 * Math.min(seconds, 10));
    await page.close();
  }
  return assert.fail(`${path} does not recover`);
}

async function withSite(environment, issuer, body) {
  const site = await startSite(environment);
  site.provider = issuer;
  const browser = await launch();
  try {
    await body(site, await newPerson(browser, site));
  }
  finally {
    await browser.close();
    await site.stop();
  }
}

async function main() {
  makeCertificates();
  const port = await freePort();
  const issuer = `https://localhost:${await freePort()}`;
  const environment = { PORT: port, ENV_FILE: writeEnv(issuer), CA_FILE: file('ca.pem') };
  const settings = {
    PORT: Number(issuer.split(':')[2]),
    CLIENT_ID: 'my-client',
    CLIENT_SECRET: SECRET,
    REDIRECT_URIS: `http://localhost:${port}/login/callback`,
    POST_LOGOUT_REDIRECT_URIS: `http://localhost:${port}/logout`,
    TLS_CERT: file('server.pem'),
    TLS_KEY: file('server.key'),
  };

  await withSite(environment, issuer, async (site, person) => {
    await step('a .env that others could read is closed to them, and make run says so', () => {
      assert.equal(statSync(file('.env')).mode & 0o777, 0o600);
      assert.match(site.output, /chmod 600/);
      assert.ok(site.output.includes(file('.env')));
    });
    await step('while the provider is down the home page is there, the profile says 502 or 503',
      async () => {
        assert.equal((await person.open('/')).response.status(), 200);
        const { response } = await person.open('/profile');
        assert.ok([502, 503].includes(response.status()), String(response.status()));
      });
    const provider = await startProvider(settings);
    await step('when it is back, login, profile and logout work', async () => {
      const page = await openWhenReady(person, '/profile');
      await enterName(page, 'ada');
      await page.waitForURL(`${site.origin}/profile`);
      assert.equal(await page.locator('h1').innerText(), 'Welcome ada@example.com!');
      await page.getByRole('link', { name: 'Logout' }).click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL(`${site.origin}/`);
      await page.getByRole('link', { name: 'Login/Register' }).waitFor();
    });
    await step('with one token and one userinfo request', async () => {
      const counts = await requests(issuer);
      assert.equal(counts['/oauth2/token'], 1);
      assert.equal(counts['/oidc/userinfo'], 1);
    });
    await provider.stop();
  });

  const provider = await startProvider(settings);
  const untrusting = { ...environment, CA_FILE: '', SSL_CERT_FILE: '' };
  await withSite(untrusting, issuer, async (site, person) => {
    await step('without its authority the provider is not trusted: no login', async () => {
      const { page, response } = await person.open('/profile');
      assert.ok([502, 503].includes(response.status()), String(response.status()));
      assert.ok(page.url().startsWith(site.origin));
      assert.equal((await requests(issuer))['/.well-known/openid-configuration'], undefined);
    });
  });
  await provider.stop();
  finish();
}

main().catch((error) => {
  console.log(`Bail out! ${error.stack}`);
  process.exitCode = 1;
}).finally(() => rmSync(directory, { recursive: true, force: true }));
