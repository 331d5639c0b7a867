// userinfo.mjs: faults of the UserInfo response (OpenID Connect Core 5.3).
import * as jose from '../jose.mjs';
import { encrypt } from '../jwe.mjs';
import { secret } from '../provider.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const set = (values) => ({ userinfo: (claims) => ({ ...claims, ...values }) });
const replace = (reply) => ({ userinfoReply: () => reply });
const text = (change) => ({ userinfoReply: (reply) => ({ ...reply, body: change(JSON.stringify(reply.body)) }) });
const genuine = (claims) => jose.sign({ alg: 'RS256', kid: 'rsa-1' }, claims, jose.keys.RS256.privateKey);
const signed = (changes, make = genuine) => ({
    userinfoReply: (reply, { op }) => ({
        status: 200,
        headers: { 'content-type': 'application/jwt' },
        body: make({ ...op.user, iss: op.issuer, aud: 'client', ...changes }),
    }),
});
const many = (count, size) => set(Object.fromEntries(
    Array.from({ length: count }, (x, i) => [`extra_${i}`, 'e'.repeat(size)])));
const nest = (depth) => (depth ? { deeper: nest(depth - 1) } : 'bottom');

export const userinfo = {
    sub_other: set({ sub: 'admin' }),
    sub_missing: set({ sub: undefined }),
    sub_number: set({ sub: 5 }),
    sub_prefix: set({ sub: 'user-1\0admin' }),
    html: replace({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>user-1</html>' }),
    text_json: { userinfoReply: (reply) => ({ ...reply, headers: { 'content-type': 'text/html' } }) },
    jwt: signed({}),
    jwt_iss: signed({ iss: 'https://evil.example' }),
    jwt_iss_missing: signed({ iss: undefined }),
    jwt_aud: signed({ aud: 'other' }),
    jwt_aud_missing: signed({ aud: undefined }),
    jwt_sub: signed({ sub: 'admin' }),
    jwt_sub_missing: signed({ sub: undefined }),
    jwt_id_token: signed({ nonce: 'n' }),
    jwt_logout_token: signed({ events: {} }),
    jwt_none: signed({}, (claims) => jose.compact({ alg: 'none' }, claims, () => Buffer.alloc(0))),
    jwt_hs256: signed({}, (claims) => jose.sign({ alg: 'HS256' }, claims, secret)),
    jwt_es256: signed({}, (claims) => jose.sign({ alg: 'ES256', kid: 'ec-256' }, claims, jose.keys.ES256.privateKey)),
    jwt_attacker: signed({}, (claims) => jose.sign({ alg: 'RS256', kid: 'rsa-1' }, claims, jose.attacker.privateKey)),
    jwt_encrypted: signed({}, (claims) => encrypt(genuine(claims))),
    jwt_encrypted_alone: signed({}, (claims) => encrypt(JSON.stringify(claims))),
    array: replace({ status: 200, headers: JSON_TYPE, body: '[]' }),
    empty: replace({ status: 200, headers: JSON_TYPE, body: '' }),
    truncated: text((json) => json.slice(0, json.length / 2)),
    duplicate: text((json) => json.replace('{', '{"sub":"admin",')),
    again: text((json) => json.replace('{', '{"sub":"user-1","email":"ada@example.test",')),
    big_numbers: text((json) => json.replace('{', '{"employee":123456789012345678901234567890,')),
    huge: replace({ status: 200, headers: JSON_TYPE, body: Buffer.alloc(50 << 20, ' ') }),
    status_401: replace({ status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, body: '' }),
    status_403: replace({ status: 403, headers: JSON_TYPE, body: '{"error":"insufficient_scope"}' }),
    status_500: replace({ status: 500, headers: JSON_TYPE, body: '{}' }),
    hang: replace({ hang: true }),
    redirect: {
        userinfoReply: (reply, { op }) => ({
            status: 307,
            headers: { location: `http://localhost:${new URL(op.issuer).port}/stolen` },
            body: '',
        }),
    },

    claim_crlf: set({ name: 'Ada\r\nX-Evil: 1\r\n\r\n<h1>', 'x\r\ny': 'z', 'bad name!': 'spaced' }),
    claim_nul: set({ name: 'Ada\0Lovelace' }),
    claim_long: set({ picture: 'p'.repeat(100 * 1024) }),
    claims_80k: many(20, 4096),
    claims_9k: many(3, 3072),
    claims_20k: many(5, 4096),
    claims_300: many(300, 1),
    name_long: set({ ['n'.repeat(129)]: 'x' }),
    claim_nested: set({ address: { street_address: '1 High Street', country: 'UK' }, tree: nest(12) }),
    claim_unicode: set({ name: 'Ада Лавлейс 🧮', email: 'ада@example.test' }),
    claim_markup: set({ name: '<script>alert("name")</script>', username: '"><img src=x onerror=alert(1)>', email: '<b>&"\'' }),
    claim_reserved: set({ USER: 'admin', display_name: 'admin', claim_sub: 'admin', userinfo: 'x' }),
    username_missing: set({ username: undefined }),
};
