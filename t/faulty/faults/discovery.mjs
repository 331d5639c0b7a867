// discovery.mjs: discovery documents (OpenID Connect Discovery 1.0 sections 3 and 4) that must be
// refused, and odd ones that must not. Cached by whoever asks: each is an issuer's own fault.
const JSON_TYPE = { 'content-type': 'application/json' };
const edit = (change) => ({ discovery: change });
const set = (name, value) => edit((document) => { document[name] = value; });
const drop = (name) => edit((document) => { delete document[name]; });
const replace = (reply) => ({ discoveryReply: () => reply });
const body = (text, headers = JSON_TYPE) => replace({ status: 200, headers, body: text });
const redirect = (location) => ({
    discoveryReply: (reply, { op }) => ({
        status: 302,
        headers: { location: location(new URL(op.issuer)) },
        body: '',
    }),
});
const text = (change) => ({ discoveryReply: (reply) => ({ ...reply, body: change(JSON.stringify(reply.body)) }) });
const http = (name) => edit((document) => { document[name] = document[name].replace('https:', 'http:'); });

// One endpoint of an honest provider, where a certificate is not to be trusted.
const behind = (name, listener) => edit((document, { op }) => {
    document[name] = document[name].replace(new URL(op.issuer).origin, op.listeners[listener].origin);
});

const required = ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'];
const lists = ['response_types_supported', 'subject_types_supported',
    'id_token_signing_alg_values_supported'];
const each = (prefix, make) => Object.fromEntries(required.map((name) => [`${prefix}_${name.replace('_endpoint', '')}`, make(name)]));

export const discovery = {
    issuer_other: set('issuer', 'https://evil.example'),
    issuer_slash: edit((document) => { document.issuer += '/'; }),
    redirect_other: redirect((url) => `http://localhost:${url.port}/stolen`),
    redirect_link_local: redirect(() => 'http://169.254.169.254/latest/meta-data'),
    redirect_file: redirect(() => 'file:///etc/passwd'),
    ...each('missing', drop),
    ...each('number', (name) => set(name, 5)),
    ...each('array', (name) => edit((document) => { document[name] = [document[name]]; })),
    ...each('empty', (name) => set(name, '')),
    http_authorization: http('authorization_endpoint'),
    http_token: http('token_endpoint'),
    http_jwks: http('jwks_uri'),
    http_userinfo: http('userinfo_endpoint'),
    ...Object.fromEntries(['self_signed', 'expired', 'wrong_host', 'tls10'].flatMap((listener) =>
        ['token_endpoint', 'jwks_uri', 'userinfo_endpoint', 'pushed_authorization_request_endpoint'].map((name) =>
            [`${listener}_${name.split('_')[0]}`, behind(name, listener)]))),
    remote_http: set('token_endpoint', 'http://provider.example/token'),
    javascript: set('authorization_endpoint', 'javascript:alert(1)'),
    file: set('jwks_uri', 'file:///etc/passwd'),
    credentials: edit((document) => { document.token_endpoint = document.token_endpoint.replace('//', '//user:pass@'); }),
    newline: edit((document) => { document.authorization_endpoint += '\r\nSet-Cookie: evil=1'; }),
    userinfo_number: set('userinfo_endpoint', 5),
    html: body('<html></html>', { 'content-type': 'text/html' }),
    empty: body(''),
    array: body('[]'),
    truncated: text((json) => json.slice(0, json.length / 2)),
    duplicate: text((json) => json.replace('{', '{"issuer":"https://evil.example",')),
    deep: body(`{"issuer":${'['.repeat(10000)}${']'.repeat(10000)}}`),
    huge: body(Buffer.alloc(50 << 20, ' ')),
    status_404: replace({ status: 404, headers: JSON_TYPE, body: '{}' }),
    status_500: replace({ status: 500, headers: JSON_TYPE, body: '{}' }),
    hang: replace({ hang: true }),
    reset: replace({ reset: true }),

    pkce_plain: set('code_challenge_methods_supported', ['plain']),
    pkce_unsaid: drop('code_challenge_methods_supported'),
    iss_unadvertised: drop('authorization_response_iss_parameter_supported'),
    minimal: edit((document) => Object.fromEntries([...required, ...lists].map((name) => [name, document[name]]))),
    no_end_session: drop('end_session_endpoint'),
    no_revocation: drop('revocation_endpoint'),
    aliases: edit((document) => {
        document.mtls_endpoint_aliases = {
            token_endpoint: document.token_endpoint.replace('/oauth2/', '/mtls/'),
            userinfo_endpoint: document.userinfo_endpoint.replace('/oidc/', '/mtls/'),
            pushed_authorization_request_endpoint: document.pushed_authorization_request_endpoint.replace('/oauth2/', '/mtls/'),
            authorization_endpoint: 'https://evil.example/authorize',
            jwks_uri: 'https://evil.example/jwks',
        };
    }),
    aliases_text: set('mtls_endpoint_aliases', 'https://evil.example'),
    aliases_number: set('mtls_endpoint_aliases', { token_endpoint: 7 }),
    aliases_http: set('mtls_endpoint_aliases', { token_endpoint: 'http://evil.example/token' }),
    basic_only: set('token_endpoint_auth_methods_supported', ['client_secret_basic']),
    post_only: set('token_endpoint_auth_methods_supported', ['client_secret_post']),
    private_key_only: set('token_endpoint_auth_methods_supported', ['private_key_jwt']),
};
