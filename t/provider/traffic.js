/* traffic.js: counts what clients ask for, so that a test can say "exactly two requests". */

const COUNTED_TOGETHER = /^\/(interaction|oidc\/auth|avatar)\/.*/;

/* What the application's server asks for; a browser has no business there. */
const FROM_SERVERS = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/jwks.json',
  '/oauth2/par',
  '/oauth2/token',
  '/oauth2/token/revocation',
  '/oidc/userinfo',
]);

export class Traffic {
  #paths = new Map();
  #sockets = new WeakSet();
  #serverSockets = new WeakSet();
  #connections = 0;
  #serverConnections = 0;

  /* A test's own look at the counters must not change them. */
  count(path, socket) {
    if (path.startsWith('/_test/')) return;
    const name = path.replace(COUNTED_TOGETHER, '/$1/*');
    this.#paths.set(name, (this.#paths.get(name) ?? 0) + 1);
    if (!this.#sockets.has(socket)) {
      this.#sockets.add(socket);
      this.#connections += 1;
    }
    if (FROM_SERVERS.has(path) && !this.#serverSockets.has(socket)) {
      this.#serverSockets.add(socket);
      this.#serverConnections += 1;
    }
  }

  counts() {
    return {
      ...Object.fromEntries(this.#paths),
      connections: this.#connections,
      server_connections: this.#serverConnections,
    };
  }
}
