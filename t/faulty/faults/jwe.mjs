// jwe.mjs: tokens that the provider signed and encrypted to the client (RFC 7516, 7518 section 4), and what
// must not open (RFC 8725 sections 2.5, 3.6 and 3.7).
import crypto from 'node:crypto';
import zlib from 'node:zlib';

import * as jose from '../jose.mjs';
import { client, encrypt } from '../jwe.mjs';
import { secret } from '../provider.mjs';
import { keyPair } from '../../provider/key-pair.js';

const whole = (make) => ({ encrypt: (token, context) => make(token, context) });
const withHeader = (more, alg) => whole((token) => encrypt(token, alg, more));
const part = (n, change) => whole((token) => {
    const parts = encrypt(token).split('.');
    parts[n] = jose.b64u(change(Buffer.from(parts[n], 'base64url')));
    return parts.join('.');
});
const flip = (data) => Buffer.concat([Buffer.from([data[0] ^ 1]), data.subarray(1)]);
const epk = (make) => withHeader({ epk: make() }, 'ECDH-ES');
const point = (curve = 'P-256') => keyPair('ec', { namedCurve: curve }).publicKey.export({ format: 'jwk' });
const spki = client.rsa.publicKey.export({ type: 'spki', format: 'der' });

export const jwe = {
    // Genuine.
    rsa: whole((token) => encrypt(token)),
    rsa_sha1: whole((token) => encrypt(token, 'RSA-OAEP')),
    ecdh: whole((token) => encrypt(token, 'ECDH-ES')),

    ...Object.fromEntries(['A128KW', 'A192KW', 'A256KW'].flatMap((alg) => [
        [alg, whole((token) => encrypt(token, alg, {}, { secret }))],
        [`${alg}_other`, whole((token) => encrypt(token, alg, {}, { secret: 'not the secret' }))],
    ])),

    rsa1_5: whole((token) => encrypt(token, 'RSA1_5')),
    alg_unknown: whole((token) => encrypt(token, 'RSA-OAEP-257')),
    alg_none: whole((token) => encrypt(token, 'none')),
    alg_number: withHeader({ alg: 5 }),
    enc_unknown: withHeader({ enc: 'A256CTR' }),
    enc_missing: withHeader({ enc: undefined }),
    pbes2: withHeader({ p2s: 'c2FsdHNhbHQ', p2c: 1e9 }, 'PBES2-HS256+A128KW'),
    zip: whole(() => encrypt(zlib.deflateRawSync(Buffer.alloc(4 << 20)), undefined, { zip: 'DEF' })),
    crit: withHeader({ crit: ['exp'], exp: 1 }),

    dir: whole((token) => encrypt(token, 'dir')),
    dir_public: whole((token) => encrypt(token, 'dir', {}, { cek: crypto.createHash('sha256').update(spki).digest() })),
    other_key: whole((token) => encrypt(token, undefined, {}, { to: keyPair('rsa', { modulusLength: 2048 }) })),
    key_changed: part(1, flip),
    iv_changed: part(2, flip),
    iv_empty: part(2, () => Buffer.alloc(0)),
    text_changed: part(3, flip),
    tag_changed: part(4, flip),
    tag_short: part(4, (tag) => tag.subarray(0, 4)),
    tag_empty: part(4, () => Buffer.alloc(0)),
    header_changed: whole((token) => {
        const [, ...rest] = encrypt(token).split('.');
        return [jose.b64u('{"alg":"RSA-OAEP-256","enc":"A256GCM"}'), ...rest].join('.');
    }),
    epk_off_curve: epk(() => ({ ...point(), x: jose.b64u(Buffer.alloc(32, 1)) })),
    epk_zero: epk(() => ({ kty: 'EC', crv: 'P-256', x: jose.b64u(Buffer.alloc(32)), y: jose.b64u(Buffer.alloc(32)) })),
    epk_other_curve: epk(() => point('P-384')),
    epk_missing: withHeader({ epk: undefined }, 'ECDH-ES'),

    inner_unsigned: whole((token, { claims }) =>
        encrypt(jose.compact({ alg: 'none' }, claims, () => Buffer.alloc(0)))),
    inner_claims: whole((token, { claims }) => encrypt(JSON.stringify(claims))),
    inner_attacker: whole((token, { claims }) =>
        encrypt(jose.sign({ alg: 'RS256', kid: 'rsa-1' }, claims, jose.attacker.privateKey))),
    inner_encrypted: whole((token) => encrypt(encrypt(token))),
    json_serialisation: whole((token) => {
        const [head, key, iv, ciphertext, tag] = encrypt(token).split('.');
        return JSON.stringify({ protected: head, encrypted_key: key, iv, ciphertext, tag });
    }),
};
