// fapi.mjs: faults of pushed requests (RFC 9126), of DPoP (RFC 9449) and of what tokens are bound to.
import * as jose from '../jose.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const push = (reply) => ({ parReply: reply });
const answer = (status, body, headers = JSON_TYPE) => push(() => ({ status, headers, body }));
const member = (name, value) => push((reply) => ({ ...reply, body: { ...reply.body, [name]: value } }));
const refuse = (status, error) => answer(status, { error, error_description: 'not <b>so</b>' });

export const par = {
    invalid_request: refuse(400, 'invalid_request'),
    invalid_client: refuse(401, 'invalid_client'),
    status_200: push((reply) => ({ ...reply, status: 200 })),
    status_500: answer(500, '<h1>oops</h1>', { 'content-type': 'text/html' }),
    html: answer(201, '<html></html>', { 'content-type': 'text/html' }),
    empty: answer(201, ''),
    array: answer(201, '[]'),
    duplicate: answer(201, '{"request_uri":"urn:a","request_uri":"urn:b","expires_in":60}'),
    no_uri: member('request_uri', undefined),
    uri_number: member('request_uri', 7),
    uri_newline: member('request_uri', 'urn:a\r\nSet-Cookie: evil=1'),
    uri_huge: member('request_uri', `urn:${'a'.repeat(5000)}`),
    no_expires: member('expires_in', undefined),
    expires_zero: member('expires_in', 0),
    expires_string: member('expires_in', '60'),
    quotes: push((reply, { form }) => ({
        status: 400,
        headers: JSON_TYPE,
        body: { error: 'invalid_request', error_description: `nonce ${form.nonce} or ${form.client_secret}` },
    })),
    redirect: push((reply, { op }) => ({
        status: 307,
        headers: { location: `http://localhost:${new URL(op.issuer).port}/stolen` },
        body: '',
    })),
    hang: push(() => ({ hang: true })),
    reset: push(() => ({ reset: true })),
    // The provider forgot it, or it was used before: the browser learns so there.
    expired: { pushed: () => null },
};

// Providers that say that they take encrypted requests, and what their key sets then hold.
const takes = (algs, encs, ...own) => ({
    discovery: (document) => {
        document.request_object_encryption_alg_values_supported = algs;
        document.request_object_encryption_enc_values_supported = encs;
    },
    jwks: (set) => ({ keys: [...set.keys, ...own] }),
});
const algs = ['RSA1_5', 'dir', 'RSA-OAEP-256', 'ECDH-ES'];
const kid = jose.sealing.kid;
const ec = { kty: 'EC', kid, use: 'enc', alg: 'ECDH-ES', x: jose.b64u(Buffer.alloc(32, 1)), y: jose.b64u(Buffer.alloc(32, 2)) };
const decoys = [
    { kty: 'oct', kid, use: 'enc', alg: 'dir', k: jose.b64u(Buffer.alloc(32, 1)) },
    { ...ec, crv: 'secp256k1' }, { ...ec, crv: 'P-256' }, { ...ec, kty: 'OKP', crv: 'X25519' },
    { ...jose.attacker.jwk, use: 'enc', alg: 'RSA1_5' },
    { ...jose.attacker.jwk, use: 'sig', alg: 'RSA-OAEP-256' },
    { ...jose.attacker.jwk, use: undefined, alg: undefined },
    { ...jose.attacker.jwk, use: 'enc', alg: 'RSA-OAEP-256', key_ops: ['verify'] },
    { ...jose.small.jwk, kid, use: 'enc', alg: 'RSA-OAEP-256' },
    { ...jose.attacker.privateKey.export({ format: 'jwk' }), kid, use: 'enc', alg: 'RSA-OAEP-256' },
];

export const jar = {
    no_key: takes(algs, ['A256GCM']),
    rsa1_5: takes(algs, ['A256GCM'], { ...jose.sealing.jwk, alg: 'RSA1_5' }),
    rsa1_5_said: takes(['RSA1_5'], ['A256GCM'], jose.sealing.jwk),
    unknown_curve: takes(algs, ['A256GCM'], { ...ec, crv: 'P-257' }, { ...ec, kty: 'OKP', crv: 'X25519' }),
    unknown_enc: takes(algs, ['A128CTR'], jose.sealing.jwk),
    unsaid: takes(undefined, undefined, jose.sealing.jwk),
    decoys_alone: takes(algs, ['A256GCM'], ...decoys),
    decoys: takes(algs, ['A256GCM'], ...decoys, jose.sealing.jwk),
    no_keys: { ...takes(algs, ['A256GCM']), jwksReply: () => ({ status: 500, headers: JSON_TYPE, body: '{}' }) },
};

const nonceOf = (request) => {
    const [, payload] = (request.headers.dpop ?? '..').split('.');
    return payload ? JSON.parse(Buffer.from(payload, 'base64url')).nonce : undefined;
};
const wanted = (status, nonce, body = { error: 'use_dpop_nonce' }) => ({
    status,
    headers: { ...JSON_TYPE, 'dpop-nonce': nonce, 'www-authenticate': 'DPoP error="use_dpop_nonce"' },
    body,
});
const unlessNonce = (hook, status, make) => ({
    [hook]: (reply, { request }) => (nonceOf(request) === undefined ? wanted(status, make()) : reply),
});
const always = (hook, status, make) => ({ [hook]: () => wanted(status, make()) });
const boundTo = (cnf) => ({
    claims: (claims) => { delete claims.at_hash; },
    tokens: (tokens) => {
        const claims = { iss: 'x', sub: 'y', ...(cnf && { cnf }) };
        tokens.access_token = jose.sign({ alg: 'RS256', typ: 'at+jwt' }, claims, jose.keys.RS256.privateKey);
    },
});

export const dpop = {
    nonce: { early: (reply, { request }) => (nonceOf(request) === undefined ? wanted(400, 'n-1') : undefined) },
    nonce_forever: { early: () => wanted(400, jose.random()) },
    nonce_same: { early: () => wanted(400, 'always-this') },
    // Another nonce than before; none at all, and the old one refused.
    nonce_new: { early: (reply, { request }) => (nonceOf(request) === 'n-4' ? undefined : wanted(400, 'n-4')) },
    nonce_gone: { early: (reply, { request }) => (nonceOf(request) ? { ...wanted(400, ''), headers: JSON_TYPE } : undefined) },
    nonce_missing: { early: () => ({ ...wanted(400, ''), headers: JSON_TYPE }) },
    nonce_control: { early: () => wanted(400, 'a\tb c') },
    nonce_huge: { early: () => wanted(400, 'n'.repeat(5000)) },
    par_nonce: unlessNonce('parReply', 400, () => 'n-2'),
    par_nonce_forever: always('parReply', 400, jose.random),
    userinfo_nonce: unlessNonce('userinfoReply', 401, () => 'n-3'),
    userinfo_nonce_forever: always('userinfoReply', 401, jose.random),
    bearer: { tokens: (tokens) => { tokens.token_type = 'Bearer'; } },
    bound_to_other: boundTo({ jkt: 'a'.repeat(43), 'x5t#S256': 'a'.repeat(43) }),
    bound_to_nobody: boundTo(undefined),
    bound_oddly: boundTo({ jkt: ['a'], 'x5t#S256': 7 }),
};
