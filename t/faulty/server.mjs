// server.mjs: the misbehaving provider. Every path /i/NAME on every listener is an issuer of its
// own; a NAME that is a fault's has that fault always, and POST /_control sets others for a while.
//
//   POST /_control  {"faults": ["claims.aud_missing"], "user": {...}, "open": ["flaky"],
//                    "close": ["flaky"]}; whatever is left out goes back to normal, but for the
//                    user, who does when it is null
//   GET  /_control/log    every request since the last /_control/reset, oldest first
//   POST /_control/reset  forgets the log; faults go too
//   GET  /_control/faults the names of all faults
//   POST /_control/release lets go the replies that a fault such as token.held keeps back
//   POST /_control/logout_token  {"issuer": "NAME", "listener": "main", "faults": [...],
//                    "claims": {"sid": "..."}, "post": URL}: a logout token, signed; with `post`
//                    also the status and headers of the answer that it got there
//
// Environment: PORT (0: any); optional: CA_FILE (where to write the certificate of its CA) and CLIENT_KEYS (a
// directory for the private keys of a client that tokens are encrypted to).
// Prints its listeners as one line of JSON and then `listening http://127.0.0.1:PORT`.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';

import { Provider } from './provider.mjs';
import { faults } from './faults/index.mjs';
import { client } from './jwe.mjs';
import { certificates } from './x509.mjs';

const BODY_MAX = 1 << 20;
const certs = certificates();
const providers = new Map();
const listeners = {};
let log = [];
let active = [];
let connections = 0;

const problem = (name) => {
    throw new Error(`no such ${name}`);
};

function providerOf(origin, name) {
    const issuer = `${origin}/i/${name}`;
    if (!providers.has(issuer)) {
        const own = faults[name] ? [faults[name]] : [];
        const provider = new Provider(issuer, () => [...own, ...active]);
        provider.listeners = listeners; // where a document may point
        providers.set(issuer, provider);
    }
    return providers.get(issuer);
}

const faultsOf = (names = []) => names.map((name) => faults[name] ?? problem(`fault: ${name}`));

async function logoutToken({ issuer, listener = 'main', faults: names, claims, post }) {
    const known = providerOf((listeners[listener] ?? problem('listener')).origin, issuer);
    const before = active;
    active = faultsOf(names);
    const token = known.logoutToken(claims);
    active = before;
    if (!post) return { token };
    const answered = await fetch(post, { method: 'POST', body: new URLSearchParams({ logout_token: token }) });
    return { token, status: answered.status, headers: Object.fromEntries(answered.headers) };
}

async function control(request) {
    if (request.path === '/_control/log') return log;
    if (request.path === '/_control/faults') return Object.keys(faults);
    if (request.path === '/_control/release') return release();
    if (request.path === '/_control/reset') {
        log = [];
        active = [];
        return {};
    }
    const wanted = JSON.parse(request.body || '{}');
    if (request.path === '/_control/logout_token') return logoutToken(wanted);
    active = faultsOf(wanted.faults);
    for (const provider of providers.values()) {
        if (wanted.user) provider.user = { ...provider.user, ...wanted.user };
        if (wanted.user === null) provider.forgetUser();
    }
    for (const name of wanted.open ?? []) await listen(listeners[name] ?? problem('listener'));
    for (const name of wanted.close ?? []) await close(listeners[name] ?? problem('listener'));
    return {};
}

async function answer(request) {
    if (request.path.startsWith('/_control')) {
        const body = await control(request);
        return { status: 200, headers: { 'content-type': 'application/json' }, body };
    }
    log.push(request.note);
    const [, name, path] = /^\/i\/([^/]+)(\/.*)$/.exec(request.path) ?? [];
    if (!name) return { status: 404, headers: {}, body: 'nothing here' };
    const reply = providerOf(request.origin, name).handle({ ...request, path });
    request.note.status = reply.status;
    if (path === '/oauth2/token' && reply.body?.token_type) request.note.answer = reply.body;
    return reply;
}

function readBody(incoming) {
    return new Promise((resolve, reject) => {
        const parts = [];
        let size = 0;
        incoming.on('data', (part) => {
            size += part.length;
            if (size <= BODY_MAX) parts.push(part);
        });
        incoming.on('end', () => resolve(Buffer.concat(parts).toString()));
        incoming.on('error', reject);
    });
}

// Replies that wait for POST /_control/release.
let held = [];

function release() {
    const waiting = held;
    held = [];
    for (const send of waiting) send();
    return { released: waiting.length };
}

// Sends a reply: `body` is text, bytes, or a value for JSON; `hang`, `drip` and `reset` are how
// connections fail, `hold` keeps it back for a while.
function send(outgoing, reply) {
    if (reply.hang) return;
    if (reply.hold) {
        held.push(() => send(outgoing, { ...reply, hold: false }));
        return;
    }
    if (reply.reset) {
        outgoing.socket.resetAndDestroy?.() ?? outgoing.socket.destroy();
        return;
    }
    const { body } = reply;
    const raw = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    outgoing.writeHead(reply.status, reply.headers);
    if (!reply.drip) {
        outgoing.end(raw);
        return;
    }
    let at = 0;
    const timer = setInterval(() => {
        outgoing.write(raw.slice(at, at += 1));
        if (at >= raw.length) outgoing.end();
    }, 200);
    outgoing.on('close', () => clearInterval(timer));
}

async function serve(listener, incoming, outgoing) {
    const url = new URL(incoming.url, listener.origin);
    const body = await readBody(incoming);
    const note = {
        listener: listener.name,
        connection: incoming.socket.connectionNumber,
        host: incoming.headers.host,
        method: incoming.method,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: incoming.headers,
        body,
        form: Object.fromEntries(new URLSearchParams(body)),
    };
    const request = {
        origin: listener.origin,
        method: incoming.method,
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body,
        note,
    };
    try {
        send(outgoing, await answer(request));
    } catch (error) {
        send(outgoing, { status: 500, headers: {}, body: String(error.stack) });
    }
}

function create(listener) {
    const handler = (incoming, outgoing) => serve(listener, incoming, outgoing);
    const server = listener.tls ? https.createServer(listener.tls, handler)
        : http.createServer(handler);
    server.keepAliveTimeout = 60000;
    server.on(listener.tls ? 'secureConnection' : 'connection', (socket) => {
        socket.connectionNumber = connections += 1;
        socket.on('error', () => socket.destroy());
        listener.sockets.add(socket);
        socket.on('close', () => listener.sockets.delete(socket));
    });
    return server;
}

function listen(listener) {
    if (listener.server) return undefined;
    listener.server = create(listener);
    return new Promise((resolve, reject) => {
        listener.server.on('error', reject);
        listener.server.listen(listener.port, '127.0.0.1', () => {
            listener.port = listener.server.address().port;
            listener.origin = `${listener.tls ? 'https' : 'http'}://`
                + `${listener.host}:${listener.port}`;
            resolve();
        });
    });
}

function close(listener) {
    const { server } = listener;
    if (!server) return undefined;
    listener.server = undefined;
    return new Promise((resolve) => {
        server.close(resolve);
        for (const socket of listener.sockets) socket.destroy();
    });
}

async function add(name, options = {}) {
    const listener = { name, port: 0, host: '127.0.0.1', sockets: new Set(), ...options };
    listeners[name] = listener;
    await listen(listener);
}

await add('main', { port: Number(process.env.PORT ?? 0) });
for (const name of ['good', 'self_signed', 'expired', 'wrong_host']) {
    await add(name, { host: 'localhost', tls: { key: certs[name].key, cert: certs[name].cert } });
}
await add('tls10', {
    host: 'localhost',
    tls: {
        key: certs.good.key,
        cert: certs.good.cert,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT:@SECLEVEL=0',
    },
});
// Down until a test opens it: its port is known, and free.
await add('flaky');
await close(listeners.flaky);

if (process.env.CA_FILE) fs.writeFileSync(process.env.CA_FILE, certs.ca.cert);
for (const [name, key] of Object.entries(process.env.CLIENT_KEYS ? client : {})) {
    const file = `${process.env.CLIENT_KEYS}/encrypted-${name}.pem`;
    fs.writeFileSync(file, key.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
}
console.log(JSON.stringify(Object.fromEntries(
    Object.values(listeners).map(({ name, origin }) => [name, origin]))));
console.log(`listening ${listeners.main.origin}`);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => process.exit(0));
