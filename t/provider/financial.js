/* financial.js: what a tenant for financial-grade clients has beside: FAPI's ways for requests and
 * answers to travel, tokens bound to keys and certificates, and every method of authentication. */

import { randomBytes } from 'node:crypto';

const SIGNATURES = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512',
  'EdDSA'];
const HMACS = ['HS256', 'HS384', 'HS512'];

/* Clients whose name says so must have a nonce in their proofs (RFC 9449 section 8). */
const wantsNonce = (ctx) => /nonce/.test(ctx.oidc.client?.clientId ?? '');

/* RFC 8705 2.1.2, of which the tests register the DNS name. */
function subjectMatches(ctx, property, expected) {
  const { subjectAltName = '' } = ctx.socket.getPeerX509Certificate();
  return property === 'tls_client_auth_san_dns'
    && subjectAltName.split(', ').includes(`DNS:${expected}`);
}

export const financialKeys = [
  { kid: 'ps', type: 'rsa', options: { modulusLength: 2048 }, alg: 'PS256' },
  { kid: 'es', type: 'ec', options: { namedCurve: 'P-256' }, alg: 'ES256' },
  { kid: 'enc-rsa', type: 'rsa', options: { modulusLength: 2048 }, alg: 'RSA-OAEP-256', use: 'enc' },
  { kid: 'enc-ec', type: 'ec', options: { namedCurve: 'P-256' }, alg: 'ECDH-ES+A256KW', use: 'enc' },
];

export const financialSettings = {
  clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt',
    'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
  enabledJWA: {
    clientAuthSigningAlgValues: [...HMACS, ...SIGNATURES],
    requestObjectSigningAlgValues: SIGNATURES,
    requestObjectEncryptionAlgValues: ['dir', 'RSA-OAEP-256', 'ECDH-ES+A256KW'],
    idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'],
    authorizationSigningAlgValues: ['RS256', 'PS256', 'ES256'],
    dPoPSigningAlgValues: ['ES256'],
  },
  extraClientMetadata: { properties: ['fapi_profile'] },
};

export const financialFeatures = {
  encryption: { enabled: true },
  dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: wantsNonce },
  fapi: { enabled: true, profile: (ctx, client) => client?.fapi_profile },
  jwtResponseModes: { enabled: true },
  mTLS: {
    enabled: true,
    certificateBoundAccessTokens: true,
    selfSignedTlsClientAuth: true,
    tlsClientAuth: true,
    getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.(),
    certificateAuthorized: (ctx) => ctx.socket.authorized,
    certificateSubjectMatches: subjectMatches,
  },
  pushedAuthorizationRequests: { enabled: true },
  requestObjects: { request: true },
};
