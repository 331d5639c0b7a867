/* browser.test.js: what a person does with the pages of `make run`, in Debian's Chromium.
 * Prints TAP; leaves pictures in t/browser/out or where SCREENSHOTS says; picture.js makes README's
 * of them. */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { enterName, launch, newPerson } from './people.js';
import { startSite } from './site.js';
import { finish, step } from './tap.js';

const PICTURES = process.env.SCREENSHOTS ?? fileURLToPath(new URL('out', import.meta.url));
const LOOKS = [
  { look: 'desktop-light', colorScheme: 'light', viewport: { width: 1280, height: 720 } },
  { look: 'desktop-dark', colorScheme: 'dark', viewport: { width: 1280, height: 720 } },
  { look: 'phone-light', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { look: 'phone-dark', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
];
const NARROW = { width: 320, height: 568 }; // WCAG 2.2, 1.4.10: no scrolling in two directions

let site;
let browser;

async function signIn(person, name, path = '/profile') {
  const { page } = await person.open(path);
  await enterName(page, name);
  await page.waitForURL(site.origin + path);
  return page;
}

/* The session's cookie alone. A login's may stay for a minute, to notice a loop; the provider's are
 * on the same host, and called op_something. */
async function sessionCookies(person) {
  const all = await person.context.cookies(site.origin);
  return all.filter(({ name }) => !/^(op_|plusauth-login-[0-7]$)/.test(name));
}

async function textOf(page, selector) {
  return (await page.locator(selector).innerText()).trim();
}

async function picture(page, name) {
  for (const { look, colorScheme, viewport } of LOOKS) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${PICTURES}/${name}-${look}.png` });
  }
}

async function assertUsable(page) {
  assert.equal(await page.locator('h1').count(), 1, 'one h1');
  assert.equal(await page.locator('main').count(), 1, 'one main');
  assert.match(await page.title(), /Plusauth Starter Template/);
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  await page.setViewportSize(NARROW);
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  assert.ok(scrollWidth <= clientWidth, `${scrollWidth} wide in ${clientWidth}`);
}

/* Tabs through the page until the focus is on the link, as somebody without a mouse does. */
async function tabTo(page, name) {
  for (let i = 0; i < 20; i += 1) {
    await page.keyboard.press('Tab');
    const text = await page.evaluate(() => document.activeElement?.textContent ?? '');
    if (text.includes(name)) return;
  }
  assert.fail(`${name} cannot be reached with the Tab key`);
}

async function anonymousVisit() {
  const person = await newPerson(browser, site);
  let page;

  await step('the home page greets a stranger', async () => {
    const visit = await person.open('/');
    page = visit.page;
    assert.equal(visit.response.status(), 200);
    assert.equal(await textOf(page, 'h1'), 'Hello, world!');
    await page.getByRole('link', { name: 'Login/Register' }).waitFor();
    await page.getByRole('link', { name: 'Login', exact: true }).waitFor();
    assert.equal(await page.getByText('Logged in as').count(), 0);
  });
  await step('and sets no cookie', async () => {
    assert.deepEqual(await person.context.cookies(), []);
  });
  await step('it fits a small screen and has one heading', () => assertUsable(page));
  await step('pictures of it', () => picture(page, 'index'));
  await step('the keyboard reaches the skip link first, and the provider', async () => {
    await page.reload();
    await page.keyboard.press('Tab');
    assert.equal(await textOf(page, ':focus'), 'Skip to content');
    await tabTo(page, 'Login/Register');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${site.provider}/**`);
  });
  await step('somebody who cancels there is told so, with 403', async () => {
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().includes('/login/callback')),
      page.getByRole('link', { name: 'Cancel' }).click(),
    ]);
    assert.equal(answer.status(), 403);
    assert.equal(await page.locator('h1').count(), 1);
    await picture(page, 'cancelled');
  });
  await step('nothing was fetched from elsewhere, and no policy was broken', () => {
    assert.deepEqual(person.strangers, []);
    assert.deepEqual(person.complaints, []);
  });
  await person.context.close();
}

async function wholeVisit() {
  const person = await newPerson(browser, site);
  let page;

  await step('sign in from the home page leads back to it', async () => {
    page = (await person.open('/')).page;
    await page.getByRole('link', { name: 'Login/Register' }).click();
    await enterName(page, 'ada');
    await page.waitForURL(`${site.origin}/`);
    await page.getByRole('link', { name: 'Logged in as: ada' }).waitFor();
    await page.getByRole('link', { name: 'View Profile' }).waitFor();
    await picture(page, 'welcome');
  });
  await step('the session is one cookie, and no script can read any', async () => {
    const left = await sessionCookies(person);
    assert.deepEqual(left.map(({ name }) => name), ['plusauth']);
    assert.equal(left[0].httpOnly, true);
    assert.equal(left[0].sameSite, 'Lax');
    assert.equal(left[0].path, '/');
    assert.equal(await page.evaluate(() => document.cookie), '');
  });
  await step('the profile shows the e-mail address and the user object', async () => {
    await page.getByRole('link', { name: 'View Profile' }).click();
    await page.waitForURL(`${site.origin}/profile`);
    assert.equal(await textOf(page, 'h1'), 'Welcome ada@example.com!');
    await page.getByText('User object:').waitFor();
    const text = await textOf(page, 'pre');
    const user = JSON.parse(text);
    assert.equal(user.username, 'ada');
    assert.equal(user.email_verified, true);
    assert.equal(Object.keys(user).length, 8);
    assert.match(text, /\n  "username": "ada"/, 'indented by 2');
  });
  await step('it fits a small screen and has one heading', () => assertUsable(page));
  await step('pictures of it', () => picture(page, 'profile'));
  await step('a second tab is signed in without a visit to the provider', async () => {
    const before = person.callbacks.length;
    const tab = await person.open('/profile');
    assert.equal(await textOf(tab.page, 'h1'), 'Welcome ada@example.com!');
    assert.equal(person.callbacks.length, before);
    await tab.page.close();
  });
  await step('the back button, and the address of the callback again, end at home', async () => {
    await page.goBack();
    assert.equal(page.url(), `${site.origin}/`);
    const stale = await page.goto(person.callbacks[0]);
    assert.equal(page.url(), `${site.origin}/`);
    assert.equal(stale.status(), 200);
    await page.getByRole('link', { name: 'Logged in as: ada' }).waitFor();
  });
  await step('logout asks at the provider and ends signed out at home', async () => {
    await page.getByRole('link', { name: 'Logout' }).click();
    await page.waitForURL(`${site.provider}/oidc/logout**`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${site.origin}/`);
    await page.getByRole('link', { name: 'Login/Register' }).waitFor();
    assert.equal(await page.getByText('Logged in as').count(), 0);
    assert.deepEqual(await sessionCookies(person), []);
  });
  await step('the callback of the old login is refused, kindly', async () => {
    const stale = await page.goto(person.callbacks[0]);
    assert.equal(stale.status(), 400);
    assert.match(await textOf(page, 'main'), /sign in again/i);
    await picture(page, 'stale');
  });
  await step('the profile asks for a name again, and leads back with its query', async () => {
    await page.goto(`${site.origin}/profile?tab=1&x=%2F`);
    await enterName(page, 'grace@example.org');
    await page.waitForURL(`${site.origin}/profile?tab=1&x=%2F`);
    assert.equal(await textOf(page, 'h1'), 'Welcome grace@example.org!');
  });
  await step('nothing was fetched from elsewhere, and no policy was broken', () => {
    assert.deepEqual(person.strangers, []);
    assert.deepEqual(person.complaints, []);
  });
  await person.context.close();
}

async function manyTabs() {
  const person = await newPerson(browser, site);
  await step('two tabs that sign in at the same time both arrive', async () => {
    const first = (await person.open('/profile?first')).page;
    const second = (await person.open('/profile?second')).page;
    await enterName(second, 'ada');
    await second.waitForURL(`${site.origin}/profile?second`);
    await enterName(first, 'ada');
    await first.waitForURL(`${site.origin}/profile?first`);
    assert.equal(await textOf(first, 'h1'), 'Welcome ada@example.com!');
    assert.deepEqual((await sessionCookies(person)).map(({ name }) => name), ['plusauth']);
  });
  await person.context.close();
}

async function hostileName() {
  const person = await newPerson(browser, site);
  await step('a name of markup is shown as text', async () => {
    const name = '<img src=x onerror=alert(1)>"\'&é';
    const page = await signIn(person, name);
    await page.getByRole('link', { name: `Logged in as: ${name}`, exact: true }).waitFor();
    assert.equal(await page.locator('img').count(), 0);
    assert.deepEqual(person.complaints, []);
  });
  await step('a name of 300 letters does not break a small screen', async () => {
    const other = await newPerson(browser, site);
    await assertUsable(await signIn(other, 'x'.repeat(300)));
    await other.context.close();
  });
  await person.context.close();
}

async function main() {
  mkdirSync(PICTURES, { recursive: true });
  site = await startSite();
  try {
    browser = await launch();
    await step('make run names its page and both addresses for the dashboard', () => {
      for (const path of ['', '/login/callback', '/logout']) {
        assert.ok(site.output.includes(`${site.origin}${path}\n`), path);
      }
    });
    await anonymousVisit();
    await wholeVisit();
    await manyTabs();
    await hostileName();
  }
  finally {
    await browser?.close();
    const status = await site.stop();
    await step('interrupted, make run ends well and leaves nothing', async () => {
      assert.equal(status, 0);
      await assert.rejects(fetch(site.origin), 'httpd is gone');
      await assert.rejects(fetch(site.provider), 'the provider is gone');
    });
  }
  finish();
}

main().catch((error) => {
  console.log(`Bail out! ${error.message}`);
  process.exitCode = 1;
});
