// jose.mjs: keys and JSON Web Signatures by hand, so that they can be made wrongly too.
import crypto from 'node:crypto';

import { keyPair } from '../provider/key-pair.js';

export const b64u = (data) => Buffer.from(data).toString('base64url');

// How Node signs for each algorithm of RFC 7518 section 3 and RFC 8037.
const rsa = (hash) => (input, key) => crypto.sign(hash, input, key);
const pss = (hash) => (input, key) => crypto.sign(hash, input, {
    key,
    padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
    saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST,
});
const ecdsa = (hash) => (input, key) => crypto.sign(hash, input, { key, dsaEncoding: 'ieee-p1363' });
const hmac = (hash) => (input, key) => crypto.createHmac(hash, key).update(input).digest();

export const signers = {
    RS256: rsa('sha256'), RS384: rsa('sha384'), RS512: rsa('sha512'),
    PS256: pss('sha256'), PS384: pss('sha384'), PS512: pss('sha512'),
    ES256: ecdsa('sha256'), ES384: ecdsa('sha384'), ES512: ecdsa('sha512'),
    ...Object.fromEntries(['EdDSA', 'Ed25519', 'Ed448'].map((alg) => [alg, (input, key) => crypto.sign(null, input, key)])),
    HS256: hmac('sha256'), HS384: hmac('sha384'), HS512: hmac('sha512'),
};

// A key pair with what the key set says of it.
function pair(type, options, members) {
    const { publicKey, privateKey } = keyPair(type, options);
    const jwk = { ...publicKey.export({ format: 'jwk' }), ...members };
    return { kid: members.kid, alg: members.alg, privateKey, publicKey, jwk };
}

const rsaKey = (kid, alg, bits = 2048, use = 'sig') =>
    pair('rsa', { modulusLength: bits }, { kid, alg, use });
const ecKey = (kid, alg, namedCurve) => pair('ec', { namedCurve }, { kid, alg, use: 'sig' });

// The genuine keys of every issuer here. Published: all but `spare` and `small`.
export const keys = {
    RS256: rsaKey('rsa-1', 'RS256'),
    PS256: rsaKey('pss-1', 'PS256'),
    ES256: ecKey('ec-256', 'ES256', 'P-256'),
    ES384: ecKey('ec-384', 'ES384', 'P-384'),
    ES512: ecKey('ec-512', 'ES512', 'P-521'),
    EdDSA: pair('ed25519', undefined, { kid: 'ed-1', alg: 'EdDSA', use: 'sig' }),
    Ed25519: pair('ed25519', undefined, { kid: 'ed-2', alg: 'Ed25519', use: 'sig' }),
    Ed448: pair('ed448', undefined, { kid: 'ed-3', alg: 'Ed448', use: 'sig' }),
};
export const attacker = rsaKey('rsa-1', 'RS256');
export const spare = rsaKey('rsa-2', 'RS256');
// What requests are encrypted to, by the kid that keys for other things have too.
export const sealing = rsaKey('rsa-1', 'RSA-OAEP-256', 2048, 'enc');
export const small = rsaKey('rsa-small', 'RS256', 1024);

// Compact serialisation. `header` and `payload` may be text already (to say it twice, or wrongly).
export function compact(header, payload, signature) {
    const text = (part) => (typeof part === 'string' || Buffer.isBuffer(part)
        ? part : JSON.stringify(part));
    const input = `${b64u(text(header))}.${b64u(text(payload))}`;
    return `${input}.${b64u(signature(Buffer.from(input)))}`;
}

export const sign = (header, payload, key, alg = header.alg) =>
    compact(header, payload, (input) => signers[alg](input, key));

// A JWE to `sealing`, by RSA-OAEP-256 and A256GCM alone (RFC 7516).
export function unseal(token) {
    const [header, key, iv, text, tag] = token.split('.');
    const bytes = (part) => Buffer.from(part, 'base64url');
    const { alg, enc } = JSON.parse(bytes(header));
    if (alg !== 'RSA-OAEP-256' || enc !== 'A256GCM') throw new Error(`sealed by ${alg} and ${enc}`);
    const options = { key: sealing.privateKey, oaepHash: 'sha256' };
    const opener = crypto.createDecipheriv('aes-256-gcm', crypto.privateDecrypt(options, bytes(key)), bytes(iv));
    opener.setAAD(Buffer.from(header)).setAuthTag(bytes(tag));
    return Buffer.concat([opener.update(bytes(text)), opener.final()]).toString();
}

// at_hash and its like (OpenID Connect Core 3.1.3.6): the left half of the hash.
export function halfHash(text, alg) {
    const bits = /512|EdDSA|Ed25519/.test(alg) ? 'sha512' : alg.includes('384') ? 'sha384' : 'sha256';
    const hash = alg === 'Ed448' ? crypto.createHash('shake256', { outputLength: 114 }) : crypto.createHash(bits);
    const digest = hash.update(text).digest();
    return b64u(digest.subarray(0, digest.length / 2));
}

export const sha256 = (text) => b64u(crypto.createHash('sha256').update(text).digest());
export const random = (bytes = 24) => b64u(crypto.randomBytes(bytes));
