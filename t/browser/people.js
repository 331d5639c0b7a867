/* people.js: somebody with a browser of their own, who notes what goes wrong in it. */

import { chromium } from 'playwright-core';

const PATIENCE_MS = 15_000;

/* It sees nothing but our own pages, and in a container its sandbox may be impossible. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
    chromiumSandbox: false,
  });
}

/* `complaints` are script errors and broken policies, `strangers` requests to anybody but the site
 * and its provider, `callbacks` the addresses that the provider sent this browser to. */
export async function newPerson(browser, site) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(PATIENCE_MS);
  const person = { context, complaints: [], strangers: [], callbacks: [] };
  context.on('request', (request) => {
    const url = request.url();
    if (url.startsWith(`${site.origin}/login/callback`)) person.callbacks.push(url);
    const ours = [site.origin, site.provider].some((origin) => url.startsWith(`${origin}/`));
    if (!ours && !url.startsWith('data:')) person.strangers.push(url);
  });
  context.on('weberror', (error) => person.complaints.push(error.error().message));
  context.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) person.complaints.push(message.text());
  });
  person.open = async (path) => {
    const page = await context.newPage();
    const response = await page.goto(site.origin + path);
    return { page, response };
  };
  return person;
}

export async function enterName(page, name) {
  await page.getByLabel('User name or e-mail').fill(name);
  await page.getByLabel('Password').fill('anything');
  await page.getByRole('button', { name: 'Sign in' }).click();
}
