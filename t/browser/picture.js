/* picture.js: README's picture, out of those that `SITE_PORT=3000 node browser.test.js` left. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { launch } from './people.js';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const shown = (name) => {
  const bytes = readFileSync(here(`out/${name}.png`)).toString('base64');
  return `<img alt="" src="data:image/png;base64,${bytes}">`;
};

const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1240, height: 560 } });
await page.setContent(`<style>
  body { margin: 0; height: 560px; display: flex; gap: 20px; align-items: center;
    justify-content: center; background: #dfe2ee; }
  img { height: 520px; border-radius: 12px; box-shadow: 0 8px 24px #0003; }
</style>${shown('index-desktop-light')}${shown('profile-phone-dark')}`);
await page.screenshot({ path: here('pictures/pages.png') });
await browser.close();
