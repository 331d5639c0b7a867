// logout.mjs: logout tokens that are genuine but say the wrong things (OpenID Connect Back-Channel
// Logout 1.0 section 2.6). The faults of `jws` and `claims` apply to logout tokens too.
import * as jose from '../jose.mjs';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

const edit = (change) => ({ logout: change });
const set = (name, value) => edit((claims) => { claims[name] = value; });
const drop = (name) => edit((claims) => { delete claims[name]; });
const later = (name, seconds) => edit((claims, { now }) => { claims[name] = now + seconds; });
const typ = (value) => ({ header: (header) => ({ ...header, typ: value }) });

export const logout = {
    nonce: set('nonce', jose.random()),
    nonce_null: set('nonce', null),

    events_missing: drop('events'),
    events_text: set('events', EVENT),
    events_array: set('events', [EVENT]),
    events_null: set('events', null),
    events_empty: set('events', {}),
    events_other: set('events', { 'http://schemas.openid.net/event/other': {} }),
    event_text: set('events', { [EVENT]: 'yes' }),
    event_true: set('events', { [EVENT]: true }),
    event_null: set('events', { [EVENT]: null }),
    event_array: set('events', { [EVENT]: [] }),
    event_filled: set('events', { [EVENT]: { reason: 'none' }, 'https://x.test/other': {} }),

    nobody: edit((claims) => { delete claims.sub; delete claims.sid; }),
    sid_number: set('sid', 5),
    sid_empty: set('sid', ''),
    sid_null: set('sid', null),
    sid_long: set('sid', 's'.repeat(256)),
    sub_number: set('sub', 5),
    sub_array: edit((claims) => { claims.sub = [claims.sub]; }),

    iat_missing: drop('iat'),
    iat_old: later('iat', -3600),
    iat_future: later('iat', 600),
    iat_text: edit((claims) => { claims.iat = String(claims.iat); }),
    exp_missing: drop('exp'),
    exp_null: set('exp', null),
    exp_float: later('exp', 60.5),
    exp_missing_iat_old: edit((claims, { now }) => { delete claims.exp; claims.iat = now - 660; }),
    exp_past: later('exp', -120),
    nbf_future: later('nbf', 600),

    jti_missing: drop('jti'),
    jti_empty: set('jti', ''),
    jti_number: set('jti', 5),
    jti_long: set('jti', 'j'.repeat(256)),

    typ_missing: typ(undefined),
    typ_jwt: typ('JWT'),
    typ_full: typ('application/logout+jwt'),
    typ_case: typ('Logout+JWT'),
    typ_access_token: typ('at+jwt'),
    typ_request: typ('oauth-authz-req+jwt'),

    // Encrypted to nobody: five parts, as JWE has them (RFC 7516).
    jwe: {
        idToken: (was, { claims }) => {
            const header = { alg: 'RSA-OAEP', enc: 'A256GCM', cty: 'JWT' };
            const parts = [header, 'key', 'iv', claims, 'tag'];
            return parts.map((part) => jose.b64u(JSON.stringify(part))).join('.');
        },
    },
    // The ID token of the last login in place of a logout token.
    id_token: { idToken: (was, { op }) => op.lastIdToken },
};
