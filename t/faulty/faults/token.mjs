// token.mjs: faults of the token response (RFC 6749 5.1 and 5.2).
import crypto from 'node:crypto';
import zlib from 'node:zlib';

const JSON_TYPE = { 'content-type': 'application/json' };
const replace = (reply) => ({ tokenReply: () => reply });
const body = (text, headers = JSON_TYPE) => replace({ status: 200, headers, body: text });
const member = (change) => ({ tokens: change });
const set = (values) => member((answer) => Object.assign(answer, values));
const drop = (name) => member((answer) => { delete answer[name]; });
const text = (change) => ({ tokenReply: (reply) => ({ ...reply, body: change(JSON.stringify(reply.body)) }) });

// To another host name of this very machine: a client that follows shows up in the log.
const redirect = (status) => ({
    tokenReply: (reply, { op }) => ({
        status,
        headers: { location: `http://localhost:${new URL(op.issuer).port}/stolen` },
        body: '',
    }),
});
const refuse = (status, error) => replace({ status, headers: JSON_TYPE, body: { error, error_description: 'no <b>such</b> luck' } });

export const token = {
    redirect_301: redirect(301),
    redirect_302: redirect(302),
    redirect_307: redirect(307),
    redirect_308: redirect(308),
    invalid_grant: refuse(400, 'invalid_grant'),
    invalid_client: refuse(401, 'invalid_client'),
    invalid_grant_403: refuse(403, 'invalid_grant'),
    error_200: refuse(200, 'invalid_grant'),
    status_500: replace({ status: 500, headers: { 'content-type': 'text/html' }, body: '<h1>oops</h1>' }),
    status_503: replace({ status: 503, headers: { 'content-type': 'text/html' }, body: 'later' }),
    html: body('<html>signed in</html>', { 'content-type': 'text/html' }),
    empty: body(''),
    array: body('[]'),
    truncated: text((json) => json.slice(0, json.length / 2)),
    trailing: text((json) => `${json} {}`),
    duplicate: text((json) => json.replace('{', '{"access_token":"other",')),
    deep: body(`{"access_token":${'['.repeat(10000)}${']'.repeat(10000)}}`),
    huge: body(Buffer.alloc(50 << 20, ' ')),
    gzip_bomb: body(zlib.gzipSync(Buffer.alloc(50 << 20, ' ')), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
    type_missing: drop('token_type'),
    type_mac: set({ token_type: 'mac' }),
    type_na: set({ token_type: 'N_A' }),
    type_number: set({ token_type: 1 }),
    type_lower: set({ token_type: 'bearer' }),
    type_upper: set({ token_type: 'BEARER' }),
    refresh_token: set({ refresh_token: 'a-refresh-token' }),
    refresh_6k: member((answer) => { answer.refresh_token = crypto.randomBytes(4500).toString('base64url'); }),
    no_id_token: drop('id_token'),
    id_token_number: set({ id_token: 7 }),
    id_token_empty: set({ id_token: '' }),
    no_access_token: drop('access_token'),
    access_token_number: set({ access_token: 7 }),
    access_token_crlf: set({ access_token: 'abc\r\nX-Evil: 1' }),
    expires_negative: set({ expires_in: -5 }),
    expires_string: set({ expires_in: 'soon' }),
    expires_null: set({ expires_in: null }),
    expires_huge: text((json) => json.replace('"expires_in":3600', '"expires_in":1e308')),
    expires_2_63: text((json) => json.replace('"expires_in":3600', '"expires_in":9223372036854775807')),
    expires_float: set({ expires_in: 3599.5 }),
    scope_list: set({ scope: ['openid', 'email'] }),
    scope_empty: set({ scope: '' }),
    scope_number: set({ scope: 7 }),
    refresh_empty: set({ refresh_token: '' }),
    refresh_number: set({ refresh_token: 7 }),
    refresh_null: set({ refresh_token: null }),
    unused_odd: text((json) => json.replace('{', '{"user_id":99999999999999999999,"ext_expires_in":"soon","x":1e999,')),
    duplicate_same: text((json) => json.replace('"token_type":"Bearer"', '"token_type":"Bearer","token_type":"Bearer"')),
    held: { tokenReply: (reply) => ({ ...reply, hold: true }) },
    hang: replace({ hang: true }),
    reset: replace({ reset: true }),
    drip: replace({ status: 200, headers: JSON_TYPE, body: ' '.repeat(10000), drip: true }),
};
