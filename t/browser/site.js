/* site.js: t/run and the provider as children, on ports that are free. */

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('../run', import.meta.url));
const PROVIDER = fileURLToPath(new URL('../provider/provider.js', import.meta.url));
const TRIES = 50;

function bind(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function close(server) {
  return new Promise((resolve) => { server.close(resolve); });
}

/* A free port whose successor, which the embedded provider takes, is free as well. */
export async function freePort() {
  for (let i = 0; i < TRIES; i += 1) {
    const first = await bind(0);
    const { port } = first.address();
    const second = port < 65534 ? await bind(port + 1) : undefined;
    await Promise.all([first, second].filter(Boolean).map(close));
    if (second) return port;
  }
  throw new Error('no two free ports in a row');
}

/* A command that is ready once it has said `ready`. `output` is all it has said. */
async function startChild(command, args, env, ready) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  process.once('exit', () => child.kill()); // also when the test itself breaks
  const started = {
    output: '',
    ended: new Promise((resolve) => { child.once('close', resolve); }),
    stop() {
      child.kill('SIGTERM');
      return this.ended;
    },
  };
  await new Promise((resolve, reject) => {
    const listen = (chunk) => {
      started.output += chunk;
      if (started.output.includes(ready)) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', listen);
    child.stderr.setEncoding('utf8').on('data', listen);
    started.ended.then((status) =>
      reject(new Error(`${command} ended (${status}):\n${started.output}`)));
  });
  return started;
}

/* With the embedded provider, unless `environment` has an ENV_FILE that exists. */
export async function startSite(environment = {}) {
  const port = environment.PORT ?? (Number(process.env.SITE_PORT) || await freePort());
  const env = { ...process.env, ENV_FILE: '/nonexistent/.env', ...environment, PORT: port };
  const site = await startChild(RUN, [], env, 'Post Logout Redirect URIs');
  site.origin = `http://localhost:${port}`;
  site.provider = `http://localhost:${port + 1}`;
  return site;
}

export function startProvider(settings) {
  return startChild(process.execPath, [PROVIDER, JSON.stringify(settings)], {}, 'listening ');
}
