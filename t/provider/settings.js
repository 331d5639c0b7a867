/* settings.js: the provider's settings, from one JSON argument or else the environment. */

import { readFileSync } from 'node:fs';

const words = (value) => (Array.isArray(value) ? value : value.split(/\s+/).filter(Boolean));

/* With a CA, clients may show certificates of it, or others: who they are is the client's matter. */
function tlsOf(certificate, key, ca) {
  if (!certificate && !key) return undefined;
  if (!certificate || !key) throw new Error('TLS_CERT and TLS_KEY must be given together');
  const mutual = ca ? { ca: readFileSync(ca), requestCert: true, rejectUnauthorized: false } : {};
  return { cert: readFileSync(certificate), key: readFileSync(key), ...mutual };
}

function clientsOf(file) {
  return file ? JSON.parse(readFileSync(file)) : [];
}

function portOf(value) {
  const port = Number(value);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`no port: ${value}`);
  return port;
}

export function readSettings(argument, environment) {
  const given = argument === undefined ? {} : JSON.parse(argument);
  const get = (name, fallback) => given[name] ?? (environment[name] || fallback);
  return {
    port: portOf(get('PORT', 3001)),
    issuer: get('ISSUER', undefined),
    clientId: get('CLIENT_ID', 'plusauth-demo'),
    clientSecret: get('CLIENT_SECRET', 'plusauth-demo-secret'),
    authMethod: get('TOKEN_AUTH_METHOD', 'client_secret_basic'),
    redirectUris: words(get('REDIRECT_URIS', 'http://localhost:3000/login/callback')),
    logoutUris: words(get('POST_LOGOUT_REDIRECT_URIS', 'http://localhost:3000/logout')),
    backchannelUri: get('BACKCHANNEL_LOGOUT_URI', undefined),
    tokenTtl: Number(get('ACCESS_TOKEN_TTL', 3600)),
    tls: tlsOf(get('TLS_CERT', undefined), get('TLS_KEY', undefined), get('TLS_CA', undefined)),
    clients: clientsOf(get('CLIENTS_FILE', undefined)),
    financial: get('FINANCIAL', '') === '1',
  };
}
