// claims.mjs: ID tokens that are genuine but say the wrong things (OpenID Connect Core 3.1.3.7).
import * as jose from '../jose.mjs';

const edit = (change) => ({ claims: change });
const set = (name, value) => edit((claims) => { claims[name] = value; });
const drop = (name) => edit((claims) => { delete claims[name]; });
const from = (name, change) => edit((claims, context) => {
    claims[name] = change(claims[name], context);
});
const later = (name, seconds) => edit((claims, { now }) => { claims[name] = now + seconds; });
// Signs a payload that JSON.stringify would not write.
const text = (change) => ({
    idToken: (was, { header, claims }) =>
        jose.sign(header, change(JSON.stringify(claims)), jose.keys.RS256.privateKey),
});
const raw = (name, json) => text((all) =>
    all.replace(new RegExp(`"${name}":[^,}]+`), `"${name}":${typeof json === 'function' ? json() : json}`));
const prepend = (members) => text((all) => all.replace('{', `{${members},`));
// The member once more, as it is or changed.
const again = (name, change = (value) => value) => text((all) => {
    const [member, value] = new RegExp(`"${name}":([^,}]+)`).exec(all);
    return all.replace(member, `${member},"${name}":${change(value)}`);
});

export const claims = {
    iss_slash: from('iss', (iss) => `${iss}/`),
    iss_case: from('iss', (iss) => iss.replace('http', 'HTTP')),
    iss_port: from('iss', (iss) => iss.replace(/:\d+/, ':1')),
    iss_nul: from('iss', (iss) => `${iss}\0.evil`),
    iss_other: set('iss', 'https://evil.example'),
    iss_missing: drop('iss'),
    iss_number: set('iss', 5),

    aud_missing: drop('aud'),
    aud_empty: set('aud', []),
    aud_number: set('aud', 5),
    aud_other: set('aud', 'somebody-else'),
    aud_prefix: from('aud', (aud) => `${aud}2`),
    aud_nested: from('aud', (aud) => [[aud]]),
    aud_array: from('aud', (aud) => [aud]),
    aud_two: from('aud', (aud) => [aud, 'other']),
    azp_other_two: edit((all) => { all.azp = 'other'; all.aud = [all.aud, 'other']; }),
    azp_other: set('azp', 'other'),
    azp_number: set('azp', 5),
    azp_ours: from('azp', (azp, { grant }) => grant.client_id),

    exp_missing: drop('exp'),
    exp_past: later('exp', -120),
    exp_just_past: later('exp', -20),
    exp_string: from('exp', String),
    exp_float: from('exp', (exp) => exp + 0.5),
    exp_exponent: raw('exp', () => `${(Date.now() / 1000 + 3600).toExponential(3)}`),
    dates_float: edit((claims, { now }) => {
        for (const name of ['exp', 'iat', 'nbf', 'auth_time']) claims[name] = (claims[name] ?? now) - 0.25;
    }),
    exp_past_float: later('exp', -120.5),
    exp_1e999: raw('exp', '1e999'),
    exp_digits: raw('exp', '99999999999999999999'),
    iat_1e999: raw('iat', '1e999'),
    exp_negative: set('exp', -1),
    exp_2_63: raw('exp', '9223372036854775808'),
    exp_1e308: raw('exp', '1e308'),
    exp_null: set('exp', null),
    nbf_future: later('nbf', 600),
    nbf_near: later('nbf', 20),
    nbf_string: set('nbf', 'tomorrow'),
    iat_missing: drop('iat'),
    iat_future: later('iat', 600),
    iat_near: later('iat', 20),
    iat_string: from('iat', String),

    sub_missing: drop('sub'),
    auth_time_null: set('auth_time', null),
    auth_time_string: from('auth_time', String),
    nulls: edit((all) => Object.assign(all, { azp: null, nbf: null, auth_time: null, at_hash: null, acr: null })),
    auth_time_missing: drop('auth_time'),
    auth_time_old: later('auth_time', -3600),

    sub_empty: set('sub', ''),
    sub_number: set('sub', 5),
    sub_null: set('sub', null),
    sub_long: set('sub', 'x'.repeat(256)),
    sub_control: set('sub', 'user\r\n-1'),
    sub_nul: set('sub', 'user-1\0admin'),

    nonce_missing: drop('nonce'),
    nonce_array: from('nonce', (nonce) => [nonce]),
    nonce_case: from('nonce', (nonce) => (nonce === nonce.toUpperCase() ? nonce.toLowerCase() : nonce.toUpperCase())),
    nonce_other: set('nonce', jose.random(32)),
    nonce_empty: set('nonce', ''),
    nonce_prefix: from('nonce', (nonce) => nonce.slice(0, -1)),

    at_hash_wrong: set('at_hash', jose.halfHash('another token', 'RS256')),
    at_hash_long: from('at_hash', (hash, { accessToken }) => jose.sha256(accessToken)),
    at_hash_sha512: from('at_hash', (hash, { accessToken }) => jose.halfHash(accessToken, 'RS512')),
    at_hash_number: set('at_hash', 5),
    at_hash_missing: drop('at_hash'),

    groups_200: set('groups', Array.from({ length: 200 }, (none, i) => `a-group-with-a-name-${i}`)),
    sid_missing: drop('sid'),

    sub_twice: text((all) => all.replace('{', '{"sub":"admin",')),
    ...Object.fromEntries(['iss', 'sub', 'aud', 'exp', 'nonce'].map((name) => [`${name}_again`, again(name)])),
    sub_escaped_twice: prepend('"s\\u0075b":"admin"'),
    exp_twice_float: again('exp', (value) => `${value}.0`),
    nested_twice: prepend('"address":{"country":"UK","country":"FR"}'),
    nested_again: prepend('"address":{"country":"UK","country":"UK"}'),
    big_numbers: prepend('"employee":123456789012345678901234567890,"ids":[18446744073709551616,-1],"size":1e999'),
    nul: prepend('"motto":"a\\u0000b","na\\u0000me":"x"'),
    sub_digits: raw('sub', '99999999999999999999'),
    aud_digits: raw('aud', '99999999999999999999'),
    nonce_digits: raw('nonce', '99999999999999999999'),
    nonce_nul: from('nonce', (nonce) => `${nonce}\0x`),
    aud_nul: from('aud', (aud) => `${aud}\0x`),
    azp_nul: edit((all) => { all.azp = `${all.aud}\0x`; }),
    utf8_invalid: {
        idToken: (was, { header, claims: all }) => {
            const json = Buffer.from(JSON.stringify({ ...all, name: '@@' }));
            json.fill(0xff, json.indexOf('@@'), json.indexOf('@@') + 2);
            return jose.sign(header, json, jose.keys.RS256.privateKey);
        },
    },
    surrogate: text((all) => all.replace('{', '{"name":"\\ud800",')),
    trailing: text((all) => `${all}{}`),
    payload_array: text((all) => `[${all}]`),
    payload_text: text(() => 'hello'),
    // A logout token (Back-Channel Logout 1.0 section 2.4) in place of an ID token.
    logout_token: edit((all) => {
        delete all.nonce;
        all.jti = jose.random();
        all.events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    }),
};
