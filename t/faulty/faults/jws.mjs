// jws.mjs: ID tokens with the right claims and the wrong signature (RFC 8725, 7515, 7518).
import crypto from 'node:crypto';

import * as jose from '../jose.mjs';
import { secret } from '../provider.mjs';

const RSA = jose.keys.RS256;
const whole = (make) => ({ idToken: (was, context) => make(context) });
const header = (change) => ({ header: (was) => ({ ...was, ...change }) });
// Another algorithm, with the at_hash that goes with it.
const algorithm = (alg, key = jose.keys[alg] ?? RSA) => ({
    claims: (claims, { accessToken }) => { claims.at_hash = jose.halfHash(accessToken, alg); },
    idToken: (was, { claims }) => jose.sign({ alg, kid: key.kid }, claims, key.privateKey),
});
const unsigned = (alg) => whole(({ claims }) =>
    jose.compact({ alg, kid: RSA.kid }, claims, () => Buffer.alloc(0)));
const hmacWith = (secret, alg = 'HS256', kid = RSA.kid) => whole(({ claims }) =>
    jose.sign({ alg, kid }, claims, secret, alg));
const publicAs = (key, type, format) => key.publicKey.export({ type, format });
const byAttacker = (extra, kid = RSA.kid) => whole(({ claims, op }) => jose.sign(
    { alg: 'RS256', kid, ...(typeof extra === 'function' ? extra(op) : extra) }, claims,
    jose.attacker.privateKey));
const genuine = ({ header: was, claims }) => jose.sign(was, claims, RSA.privateKey);
const edit = (change) => whole((context) => change(genuine(context)));
const es256 = (signature) => whole(({ claims }) =>
    jose.compact({ alg: 'ES256', kid: 'ec-256' }, claims, signature));
const stolen = (op) => `http://localhost:${new URL(op.issuer).port}/stolen`;
const P256_ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');

// Sets the lowest of the bits that base64url leaves unused at its end.
function uncanonical(token) {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.at(-1));
    return token.slice(0, -1) + alphabet[last | 1];
}

export const jws = {
    // Genuine, each with its own key: what must be accepted.
    ...Object.fromEntries(Object.keys(jose.signers).filter((alg) => !alg.startsWith('HS'))
        .map((alg) => [`genuine_${alg}`, algorithm(alg, alg.startsWith('PS') ? { ...jose.keys.PS256 }
            : alg.startsWith('RS') ? { ...RSA } : jose.keys[alg])])),

    alg_none: unsigned('none'),
    alg_None: unsigned('None'),
    alg_nOnE: unsigned('nOnE'),
    alg_empty: unsigned(''),
    alg_missing: unsigned(undefined),
    alg_number: unsigned(5),
    alg_lower: header({ alg: 'rs256' }),
    none_signed: whole(({ claims }) => jose.sign({ alg: 'none', kid: RSA.kid }, claims, RSA.privateKey, 'RS256')),
    number_signed: whole(({ claims }) => jose.sign({ alg: 5, kid: RSA.kid }, claims, RSA.privateKey, 'RS256')),
    two_parts_dot: whole((context) => `${genuine(context).split('.').slice(0, 2).join('.')}.`),
    two_parts: whole((context) => genuine(context).split('.').slice(0, 2).join('.')),

    hs256_rsa_pem: hmacWith(publicAs(RSA, 'spki', 'pem')),
    hs256_rsa_pem_trimmed: hmacWith(publicAs(RSA, 'spki', 'pem').trim()),
    hs256_rsa_pkcs1: hmacWith(publicAs(RSA, 'pkcs1', 'pem')),
    hs256_rsa_der: hmacWith(publicAs(RSA, 'spki', 'der')),
    hs256_rsa_jwk: hmacWith(JSON.stringify(RSA.jwk)),
    hs256_rsa_modulus: hmacWith(Buffer.from(RSA.jwk.n, 'base64url')),
    hs256_ec_pem: hmacWith(publicAs(jose.keys.ES256, 'spki', 'pem'), 'HS256', 'ec-256'),
    hs256_ec_der: hmacWith(publicAs(jose.keys.ES256, 'spki', 'der'), 'HS256', 'ec-256'),
    hs256_empty: hmacWith(''),
    hs256_secret: hmacWith(secret),
    hs512_secret: hmacWith(secret, 'HS512'),

    attacker: byAttacker({}),
    header_jwk: byAttacker({ jwk: jose.attacker.jwk }),
    header_jwk_no_kid: byAttacker({ jwk: jose.attacker.jwk }, undefined),
    header_jku: byAttacker((op) => ({ jku: stolen(op) })),
    header_x5u: byAttacker((op) => ({ x5u: stolen(op) })),
    header_x5c: byAttacker({ x5c: [jose.attacker.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] }),

    crit_unknown: header({ crit: ['exp'], exp: 1 }),
    crit_empty: header({ crit: [] }),
    crit_number: header({ crit: 5 }),
    b64_false: header({ crit: ['b64'], b64: false }),
    b64_without_crit: header({ b64: false }),

    kid_unknown: whole(({ claims }) => jose.sign({ alg: 'RS256', kid: jose.random() }, claims, jose.spare.privateKey)),
    kid_missing: whole(({ claims }) => jose.sign({ alg: 'RS256' }, claims, RSA.privateKey)),
    kid_path: header({ kid: '../../../../dev/null' }),
    kid_long: header({ kid: 'k'.repeat(10240) }),
    kid_nul: header({ kid: 'rsa-1\0x' }),
    kid_number: header({ kid: 5 }),
    kid_other: header({ kid: 'ec-256' }),

    ec_zero: es256(() => Buffer.alloc(64)),
    ec_order: es256(() => Buffer.concat([P256_ORDER, P256_ORDER])),
    ec_empty: es256(() => Buffer.alloc(0)),
    ec_der: es256((input) => crypto.sign('sha256', input, jose.keys.ES256.privateKey)),
    ec_other_curve: es256((input) => jose.signers.ES384(input, jose.keys.ES384.privateKey)),
    ec_p384_key: whole(({ claims }) => jose.compact({ alg: 'ES256', kid: 'ec-384' }, claims,
        (input) => jose.signers.ES256(input, jose.keys.ES384.privateKey))),
    ec_with_rsa_kid: whole(({ claims }) => jose.sign({ alg: 'ES256', kid: RSA.kid }, claims, jose.keys.ES256.privateKey)),
    ed_short: whole(({ claims }) => jose.compact({ alg: 'EdDSA', kid: 'ed-1' }, claims,
        (input) => jose.signers.EdDSA(input, jose.keys.EdDSA.privateKey).subarray(0, 63))),
    rsa_1024: whole(({ claims }) => jose.sign({ alg: 'RS256', kid: 'rsa-small' }, claims, jose.small.privateKey)),
    rsa_empty: whole(({ claims }) => jose.compact({ alg: 'RS256', kid: RSA.kid }, claims, () => Buffer.alloc(0))),
    rsa_flipped: whole(({ claims }) => jose.compact({ alg: 'RS256', kid: RSA.kid }, claims, (input) => {
        const signature = jose.signers.RS256(input, RSA.privateKey);
        signature[20] ^= 1;
        return signature;
    })),
    rsa_sha1: whole(({ claims }) => jose.compact({ alg: 'RS256', kid: RSA.kid }, claims,
        (input) => crypto.sign('sha1', input, RSA.privateKey))),
    rsa_as_pss: whole(({ claims }) => jose.compact({ alg: 'RS256', kid: RSA.kid }, claims,
        (input) => jose.signers.PS256(input, RSA.privateKey))),
    payload_swapped: edit((token) => {
        const [head, payload, signature] = token.split('.');
        const claims = JSON.parse(Buffer.from(payload, 'base64url'));
        return `${head}.${jose.b64u(JSON.stringify({ ...claims, sub: 'admin' }))}.${signature}`;
    }),

    json_serialisation: whole((context) => {
        const [head, payload, signature] = genuine(context).split('.');
        return JSON.stringify({ protected: head, payload, signature });
    }),
    four_parts: edit((token) => `${token}.AAAA`),
    six_parts: edit((token) => `${token}.AAAA.AAAA.AAAA`),
    padded: edit((token) => `${token}==`),
    space_before: edit((token) => ` ${token}`),
    newline_after: edit((token) => `${token}\n`),
    space_inside: edit((token) => token.replace('.', '. ')),
    standard_base64: edit((token) => token.replaceAll('-', '+').replaceAll('_', '/')),
    uncanonical: edit(uncanonical),
    dots: whole(() => '..'),
    header_array: whole(({ claims }) => jose.sign('["RS256"]', claims, RSA.privateKey, 'RS256')),
    header_twice: whole(({ claims }) => jose.sign('{"alg":"none","alg":"RS256","kid":"rsa-1"}', claims, RSA.privateKey, 'RS256')),
    long: whole(({ header: was, claims }) => jose.sign(was, { ...claims, filler: 'x'.repeat(200000) }, RSA.privateKey)),
};
