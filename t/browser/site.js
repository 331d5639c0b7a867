/* site.js: t/run as a child, on two ports that are free. */

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../run', import.meta.url));
const TRIES = 50;

function bind(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/* A free port whose successor, which the provider takes, is free as well. */
async function freePort() {
  for (let i = 0; i < TRIES; i += 1) {
    const first = await bind(0);
    const { port } = first.address();
    const second = port < 65534 ? await bind(port + 1) : undefined;
    await Promise.all([first, second].map((server) => server
      && new Promise((resolve) => { server.close(resolve); })));
    if (second) return port;
  }
  throw new Error('no two free ports in a row');
}

/* Resolves when the script says that the page can be opened. `output` is all it has said. */
export async function startSite(environment = {}) {
  const port = await freePort();
  const env = { ENV_FILE: '/nonexistent/.env', ...process.env, PORT: String(port), ...environment };
  const child = spawn(SCRIPT, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  process.once('exit', () => child.kill()); // also when the test itself breaks
  const site = {
    origin: `http://localhost:${port}`,
    provider: `http://localhost:${port + 1}`,
    output: '',
    ended: new Promise((resolve) => { child.once('close', resolve); }),
    stop() {
      child.kill('SIGTERM');
      return this.ended;
    },
  };
  await new Promise((resolve, reject) => {
    const listen = (chunk) => {
      site.output += chunk;
      if (site.output.includes('Post Logout Redirect URIs')) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', listen);
    child.stderr.setEncoding('utf8').on('data', listen);
    site.ended.then((status) => reject(new Error(`t/run ended (${status}):\n${site.output}`)));
  });
  return site;
}
