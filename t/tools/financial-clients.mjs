// financial-clients.mjs DIRECTORY: makes what the tests of financial-grade clients need: keys and
// certificates, clients.json for the embedded provider, and httpd.conf with a <PlusAuthProvider> and
// a place /f/NAME for each client. What a client must do is registered: the provider insists.
import crypto from 'node:crypto';
import fs from 'node:fs';

import { certificate } from '../faulty/x509.mjs';
import { keyPair } from '../provider/key-pair.js';

const directory = process.argv[2];
const file = (name) => `${directory}/${name}`;
const write = (name, text) => fs.writeFileSync(file(name), text, { mode: 0o600 });
const secret = 'a-secret-of-64-characters-so-that-HS512-can-be-used-with-it-too!';

// A key of ours: its file, and what the provider is told of it.
function key(name, type, options) {
    const { privateKey, publicKey } = keyPair(type, options);
    write(`${name}.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    return { name, jwk: { ...publicKey.export({ format: 'jwk' }), kid: name } };
}

const rsa = key('rsa', 'rsa', { modulusLength: 2048 });
const keys = {
    RS256: rsa, RS384: rsa, RS512: rsa, PS256: rsa, PS384: rsa, PS512: rsa,
    ES256: key('p256', 'ec', { namedCurve: 'P-256' }),
    ES384: key('p384', 'ec', { namedCurve: 'P-384' }),
    ES512: key('p521', 'ec', { namedCurve: 'P-521' }),
    EdDSA: key('ed25519', 'ed25519', {}),
};
const ec = keys.ES256;

const ca = certificate({ cn: 'PlusAuth financial CA' });
const server = certificate({ cn: 'localhost', hosts: ['localhost', '127.0.0.1'], issuer: ca });
const known = certificate({ cn: 'client', hosts: ['client.test'], issuer: ca });
const other = certificate({ cn: 'other', hosts: ['other.test'], issuer: ca });
const own = certificate({ cn: 'own', hosts: ['own.test'] });
write('ca.pem', ca.cert);
write('server.crt', server.cert);
write('server.key', server.key);
for (const [name, pair] of Object.entries({ known, other, own })) write(`${name}.pem`, pair.key + pair.cert);

const clients = [];
let conf = '';

// A client by its registration and, in `lines`, its directives.
function client(name, registered, ...lines) {
    const method = registered.token_endpoint_auth_method ?? 'client_secret_basic';
    const symmetric = /^client_secret/.test(method);
    clients.push({
        client_id: name,
        token_endpoint_auth_method: method,
        client_secret: symmetric ? secret : undefined,
        ...registered,
    });
    conf += `<PlusAuthProvider ${name}>
    PlusAuthIssuer \${FINANCIAL_ISSUER}
    PlusAuthClientID ${name}
    ${[...(symmetric ? [`PlusAuthClientSecret ${secret}`] : []), ...lines].join('\n    ')}
</PlusAuthProvider>
<Location "/f/${name}">
    AuthType PlusAuth
    Require valid-user
    PlusAuthProvider ${name}
</Location>
`;
}

const signer = ({ name }) => `PlusAuthClientKey "${file(`${name}.pem`)}" ${name}`;
const shows = (name) => `PlusAuthClientCert "${file(`${name}.pem`)}"`;
const jwks = (...some) => ({ keys: some.map(({ jwk }) => jwk) });
const byKey = (which = ec, alg = 'ES256') => ({
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: alg,
    jwks: jwks(which),
});
const byCertificate = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'client.test' };
const bySelf = {
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    jwks: {
        keys: [{
            ...crypto.createPublicKey(own.key).export({ format: 'jwk' }),
            x5c: [own.cert.replace(/-----.*-----|\s/g, '')],
        }],
    },
};

// Methods of client authentication.
for (const [alg, which] of Object.entries(keys)) {
    client(`key-${alg}`, byKey(which, alg), signer(which), `PlusAuthClientAuth private_key_jwt ${alg}`);
}
for (const alg of ['HS256', 'HS384', 'HS512']) {
    client(`secret-${alg}`,
        { token_endpoint_auth_method: 'client_secret_jwt', token_endpoint_auth_signing_alg: alg },
        `PlusAuthClientAuth client_secret_jwt ${alg}`);
}
client('tls', byCertificate, shows('known'), 'PlusAuthClientAuth tls_client_auth');
client('tls-self', bySelf, shows('own'), 'PlusAuthClientAuth self_signed_tls_client_auth');
client('post', { token_endpoint_auth_method: 'client_secret_post' }, 'PlusAuthClientAuth client_secret_post');
client('basic', {}, 'PlusAuthClientAuth client_secret_basic');
client('public', { token_endpoint_auth_method: 'none' }, 'PlusAuthClientAuth none');

// What `auto` makes of what is at hand.
client('auto-key', byKey(rsa, 'PS256'), signer(rsa), `PlusAuthClientSecret ${secret}`);
client('auto-tls', byCertificate, shows('known'));
client('auto-secret', {});

// Registered otherwise.
client('wrong-key', byKey(rsa, 'PS256'), signer(ec), 'PlusAuthClientAuth private_key_jwt');
client('wrong-tls', byCertificate, shows('other'), 'PlusAuthClientAuth tls_client_auth');
client('wrong-self', bySelf, shows('other'), 'PlusAuthClientAuth self_signed_tls_client_auth');
client('wrong-jwt', {}, 'PlusAuthClientAuth client_secret_jwt');

// How requests and answers travel.
const pushed = { require_pushed_authorization_requests: true };
const signed = { require_signed_request_object: true, request_object_signing_alg: 'ES256', jwks: jwks(ec) };
client('par', pushed, 'PlusAuthRequest par');
client('par-post', { ...pushed, token_endpoint_auth_method: 'client_secret_post' }, 'PlusAuthRequest par',
    'PlusAuthClientAuth client_secret_post');
client('par-key', { ...pushed, ...byKey() }, signer(ec), 'PlusAuthRequest par');
client('par-wrong', { ...pushed, token_endpoint_auth_method: 'client_secret_jwt' }, 'PlusAuthRequest par');
client('jar', signed, signer(ec), 'PlusAuthClientAuth client_secret_basic', 'PlusAuthRequest jar');
for (const [name, mode, how, registered] of [['jar-encrypted', 'jar', ''], ['jar-encrypted-rsa', 'jar', ' RSA-OAEP-256 A128CBC-HS256'],
    ['jar-encrypted-not', 'jar', ' RSA-OAEP'], ['par-jar-encrypted', 'par+jar', ' ECDH-ES+A256KW A256GCM', pushed]]) {
    client(name, { ...signed, ...registered }, signer(ec), 'PlusAuthClientAuth client_secret_basic',
        `PlusAuthRequest ${mode} encrypted${how}`);
}
client('jar-unknown', { ...signed, jwks: jwks(rsa) }, signer(ec), 'PlusAuthClientAuth client_secret_basic',
    'PlusAuthRequest jar');
client('par-jar', { ...pushed, ...signed, ...byKey() }, signer(ec), 'PlusAuthRequest par+jar');
client('form-post', {}, 'PlusAuthResponse form_post');
client('jarm', { authorization_signed_response_alg: 'PS256' }, 'PlusAuthResponse jwt');

// Tokens that are bound to somebody.
const dpop = { dpop_bound_access_tokens: true };
const bound = { tls_client_certificate_bound_access_tokens: true };
client('dpop', dpop, 'PlusAuthSenderConstrain dpop');
client('dpop-nonce', dpop, 'PlusAuthSenderConstrain dpop');
client('dpop-par-nonce', { ...dpop, ...pushed, ...byKey() }, signer(ec), 'PlusAuthRequest par',
    'PlusAuthSenderConstrain dpop');
client('mtls', { ...bound, ...byKey() }, signer(ec), shows('known'), 'PlusAuthSenderConstrain mtls');
client('mtls-self', { ...bound, ...bySelf }, shows('own'), 'PlusAuthSenderConstrain mtls',
    'PlusAuthClientAuth self_signed_tls_client_auth');

// The two presets, held to FAPI by the provider.
client('fapi1', {
    ...byKey(), ...signed, ...bound, fapi_profile: '1.0 Final', id_token_signed_response_alg: 'PS256',
    authorization_signed_response_alg: 'PS256',
}, 'PlusAuthProfile financial', signer(ec), shows('known'), 'PlusAuthSenderConstrain mtls');
client('fapi2', { ...byKey(), ...pushed, ...dpop, fapi_profile: '2.0', id_token_signed_response_alg: 'ES256' },
    'PlusAuthProfile fapi2', signer(ec));
client('fapi2-mtls', { ...byCertificate, ...pushed, ...bound, fapi_profile: '2.0', id_token_signed_response_alg: 'PS256' },
    'PlusAuthProfile fapi2', 'PlusAuthClientAuth tls_client_auth', 'PlusAuthSenderConstrain mtls', shows('known'));
client('fapi2-messages', {
    ...byKey(), ...signed, ...pushed, ...dpop, fapi_profile: '2.0', id_token_signed_response_alg: 'ES256',
    authorization_signed_response_alg: 'ES256',
}, 'PlusAuthProfile fapi2', signer(ec), 'PlusAuthRequest par+jar', 'PlusAuthResponse jwt');

write('clients.json', JSON.stringify(clients));
write('httpd.conf', conf);
