// jarm.mjs: answers in a JWT (JARM) that are genuine but say the wrong things. The faults of `jws`, `jwe` and
// `claims` apply to them too.
import * as jose from '../jose.mjs';

const edit = (change) => ({ jarm: change });
const set = (name, value) => edit((claims) => { claims[name] = value; });
const later = (name, seconds) => edit((claims, { now }) => { claims[name] = now + seconds; });

export const jarm = {
    exp_day: later('exp', 86400),
    state_absent: set('state', undefined),
    state_number: set('state', 5),
    state_other: set('state', 'x'.repeat(43)),
    iss_absent: set('iss', undefined),
    code_absent: set('code', undefined),
    code_number: set('code', 5),
    code_and_error: set('error', 'access_denied'),

    // Keycloak says iss twice, with one value.
    ...Object.fromEntries(Object.entries({ again: (iss) => iss, twice: () => '"https://evil.example"' })
        .map(([name, other]) => [`iss_${name}`, {
            idToken: (was, { header, claims }) => jose.sign(header,
                JSON.stringify(claims).replace(/"iss":("[^"]*")/, (member, iss) => `${member},"iss":${other(iss)}`),
                jose.keys.RS256.privateKey),
        }])),
    code_nul: edit((claims) => { claims.code += '\0x'; }),
    error_nul: set('error', 'access_denied\0'),

    // A downgrade, and both ways at once.
    plain: { jarmReply: (reply, { answer }) => answer },
    twice: { jarmReply: (reply) => { reply.append('response', reply.get('response')); } },

    // What else the provider, or we, sign for this client: the ID token of an earlier login, or one that the
    // provider put the state into; a logout token; a request object.
    id_token: { idToken: (was, { op }) => op.lastIdToken },
    id_token_with_state: edit((claims, { grant }) => ({ ...claims, nonce: grant.nonce, sub: 'user-1' })),
    at_hash: set('at_hash', 'x'.repeat(22)),
    logout_token: set('events', { 'http://schemas.openid.net/event/backchannel-logout': {} }),
    request_object: edit((claims, { grant }) => ({ ...grant, ...claims })),
};
