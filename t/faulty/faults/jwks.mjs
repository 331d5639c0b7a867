// jwks.mjs: key sets (RFC 7517) that try to have the wrong key used. They are cached by whoever
// asks, so that each is the fault of an issuer of that name rather than one switched on and off.
import crypto from 'node:crypto';

import * as jose from '../jose.mjs';

const RSA = jose.keys.RS256;
const only = (...keys) => ({ jwks: () => ({ keys }) });
const change = (members, key = RSA) => only({ ...key.jwk, ...members });
const replace = (reply) => ({ jwksReply: () => reply });
const JSON_TYPE = { 'content-type': 'application/json' };
const signedBy = (key) => ({
    idToken: (was, { claims }) => jose.sign({ alg: 'RS256', kid: key.kid }, claims, key.privateKey),
});
const oct = (secret, members) => ({ kty: 'oct', k: jose.b64u(secret), alg: 'HS256', ...members });

// With e = 1 anybody signs: the "signature" is the padded digest itself (RFC 8017 section 9.2).
function padded(input) {
    const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');
    const tail = Buffer.concat([digestInfo, crypto.createHash('sha256').update(input).digest()]);
    return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(256 - tail.length - 3, 0xff),
        Buffer.from([0]), tail]);
}

const zoo = [
    5, null, 'key', [], {},
    { kty: 'new', kid: RSA.kid },
    { kty: 'EC', crv: 'secp256k1', kid: RSA.kid, x: jose.b64u(Buffer.alloc(32, 1)), y: jose.b64u(Buffer.alloc(32, 2)) },
    { kty: 'EC', crv: 'P-256', kid: RSA.kid, x: jose.b64u(Buffer.alloc(32, 1)), y: jose.b64u(Buffer.alloc(32, 2)) },
    { kty: 'EC', crv: 'P-256', kid: RSA.kid, x: 'AQ', y: 'AQ' },
    { kty: 'OKP', crv: 'X25519', kid: RSA.kid, x: jose.b64u(Buffer.alloc(32, 9)) },
    { kty: 'OKP', crv: 'Ed25519', kid: RSA.kid, x: 'AQ' },
    { kty: 'RSA', kid: RSA.kid, n: 'AQAB', e: 'AQAB' },
    { kty: 'RSA', kid: RSA.kid, n: '!!!', e: 'AQAB' },
    { kty: 'RSA', kid: RSA.kid },
    oct('shared', { kid: RSA.kid }),
];

export const jwks = {
    decoys: only(
        oct('secret', { kid: RSA.kid }),
        { ...jose.keys.ES256.jwk, kid: RSA.kid },
        { ...jose.attacker.jwk, use: 'enc' },
        { ...jose.keys.PS256.jwk, kid: RSA.kid },
        RSA.jwk,
    ),
    zoo: only(...zoo, RSA.jwk),
    private_members: only({ ...RSA.privateKey.export({ format: 'jwk' }), kid: RSA.kid, alg: 'RS256', use: 'sig' }),
    use_enc: change({ use: 'enc' }),
    key_ops: change({ use: undefined, key_ops: ['encrypt', 'wrapKey'] }),
    key_ops_verify: change({ use: undefined, key_ops: ['verify'] }),
    alg_other: change({ alg: 'PS256' }),
    no_kid_no_alg: change({ kid: undefined, alg: undefined, use: undefined }),
    oct_hs256: {
        jwks: () => ({ keys: [oct('shared', { kid: 'oct-1' })] }),
        idToken: (was, { claims }) => jose.sign({ alg: 'HS256', kid: 'oct-1' }, claims, 'shared'),
    },
    rsa_1024: { ...only(jose.small.jwk), ...signedBy(jose.small) },
    rsa_e1: {
        ...change({ e: 'AQ' }),
        idToken: (was, { claims }) => jose.compact({ alg: 'RS256', kid: RSA.kid }, claims, padded),
    },
    many: { jwks: () => ({ keys: [...Array.from({ length: 10000 }, (x, i) => ({ ...jose.attacker.jwk, kid: `k${i}` })), RSA.jwk] }) },
    empty: only(),
    no_member: { jwks: () => ({}) },
    keys_object: { jwks: () => ({ keys: { [RSA.kid]: RSA.jwk } }) },
    text_plain: { jwksReply: (reply) => ({ ...reply, headers: { 'content-type': 'text/plain; charset=utf-8' } }) },
    octet_stream: { jwksReply: (reply) => ({ ...reply, headers: { 'content-type': 'application/octet-stream' } }) },
    html: replace({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' }),
    status_500: replace({ status: 500, headers: JSON_TYPE, body: '{}' }),
    huge: replace({ status: 200, headers: JSON_TYPE, body: Buffer.alloc(50 << 20, ' ') }),
    redirect: {
        jwksReply: (reply, { op }) => ({
            status: 302,
            headers: { location: `http://localhost:${new URL(op.issuer).port}/stolen` },
            body: '',
        }),
    },
    // The keys roll over: the new one is published, and signs.
    rolled: { ...only(jose.spare.jwk), ...signedBy(jose.spare) },
};
