// provider.mjs: an OpenID provider that does everything right, with a hook at each step where a
// named fault may step in. Every user is signed in at once; there are no pages.
import * as jose from './jose.mjs';

// Long enough for HS512 (RFC 7518 section 3.2).
export const secret = 's3cret-that-HS512-can-use-because-it-is-longer-than-64-bytes-as-one-sees';

// What the token endpoint knows of its clients. Without `method` any method will do.
const clients = {
    client: { secret },
    basic: { secret, method: 'client_secret_basic' },
    post: { secret, method: 'client_secret_post' },
    public: { method: 'none' },
    assertion: { assertion: true },
    'odd:client+id': { secret: 'a:b%c+d e/é&=?', method: 'client_secret_basic' },
};

const user = {
    sub: 'user-1',
    username: 'ada',
    email: 'ada@example.test',
    email_verified: true,
    name: 'Ada Lovelace',
    groups: ['math', 'engines'],
};

const json = (status, body, headers = {}) =>
    ({ status, headers: { 'content-type': 'application/json', ...headers }, body });

const oauthError = (status, error, description) =>
    json(status, { error, error_description: description });

export class Provider {
    // `faults()` gives the faults that apply now, an array of tables of hooks.
    constructor(issuer, faults) {
        this.issuer = issuer;
        this.faults = faults;
        this.forgetUser();
        this.codes = new Map();
        this.tokens = new Map();
        this.pushes = new Map();
    }

    forgetUser() {
        this.user = user;
    }

    // Hands `value` to the hook of that name of each fault; what a hook returns replaces it.
    through(hook, value, context = {}) {
        let result = value;
        for (const fault of this.faults()) {
            const other = fault[hook]?.(result, { op: this, ...context });
            if (other !== undefined) result = other;
        }
        return result;
    }

    handle(request) {
        const { method, path } = request;
        if (path === '/.well-known/openid-configuration') return this.discovery();
        if (path === '/jwks') return this.jwks();
        if (path === '/authorize' && method === 'GET') return this.authorize(request);
        if (/^.(oauth2|mtls).token$/.test(path) && method === 'POST') return this.token(request);
        if (/^.(oauth2|mtls).par$/.test(path) && method === 'POST') return this.push(request);
        if (/^.(oidc|mtls).userinfo$/.test(path)) return this.userinfo(request);
        if (path === '/oidc/logout') return this.logout(request);
        if (path === '/oauth2/revoke' && method === 'POST') return this.revoke(request);
        return json(404, { error: 'not_found' });
    }

    metadata() {
        const at = this.issuer.replace(/\/$/, '');
        return {
            issuer: this.issuer,
            authorization_endpoint: `${at}/authorize`,
            token_endpoint: `${at}/oauth2/token`,
            userinfo_endpoint: `${at}/oidc/userinfo`,
            jwks_uri: `${at}/jwks`,
            end_session_endpoint: `${at}/oidc/logout`,
            revocation_endpoint: `${at}/oauth2/revoke`,
            pushed_authorization_request_endpoint: `${at}/oauth2/par`,
            response_types_supported: ['code'],
            response_modes_supported: ['query'],
            grant_types_supported: ['authorization_code'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: Object.keys(jose.keys),
            token_endpoint_auth_methods_supported:
                ['client_secret_basic', 'client_secret_post', 'none'],
            code_challenge_methods_supported: ['S256'],
            scopes_supported: ['openid', 'profile', 'email'],
            authorization_response_iss_parameter_supported: true,
        };
    }

    discovery() {
        const document = this.through('discovery', this.metadata());
        return this.through('discoveryReply', json(200, document));
    }

    jwks() {
        const set = { keys: Object.values(jose.keys).map((key) => key.jwk) };
        return this.through('jwksReply', json(200, this.through('jwks', set)));
    }

    authorize(request) {
        const asked = this.openRequest(this.pushedParameters(request) ?? Object.fromEntries(request.query));
        const wrong = this.authorizeProblem(asked);
        if (wrong) {
            request.note.problem = wrong;
            return json(400, { error: 'invalid_request', error_description: wrong });
        }
        const code = jose.random();
        this.codes.set(code, { ...asked });
        let answer = new URLSearchParams({ code, state: asked.state, iss: this.issuer });
        answer = this.through('authorize', answer, { asked, code });
        if (asked.response_mode === 'jwt') answer = this.jarm(answer, asked);
        const location = `${asked.redirect_uri}?${answer}`;
        return { status: 302, headers: { location }, body: '' };
    }

    // The answer in a JWT (JARM section 2.3).
    jarm(answer, asked) {
        const now = Math.floor(Date.now() / 1000);
        const context = { now, grant: asked, accessToken: '', answer };
        const claims = this.through('claims', { iss: this.issuer, aud: asked.client_id, exp: now + 300,
            ...Object.fromEntries(answer) }, context);
        const header = this.through('header', { alg: 'RS256', kid: 'rsa-1' }, context);
        const response = this.signed(header, this.through('jarm', claims, context), context);
        return this.through('jarmReply', new URLSearchParams({ response }), context);
    }

    // RFC 9126: a request_uri is good once, for the client that pushed it.
    push(request) {
        const form = Object.fromEntries(new URLSearchParams(request.body));
        const uri = `urn:ietf:params:oauth:request_uri:${jose.random()}`;
        const refusal = this.clientProblem(request, form);
        if (!refusal) this.pushes.set(uri, form);
        const reply = refusal ?? json(201, { request_uri: uri, expires_in: 60 });
        return this.through('parReply', reply, { request, form });
    }

    // RFC 9101: what a request object says counts, and nothing beside it.
    openRequest(asked) {
        if (!asked.request) return asked;
        const token = asked.request.split('.').length === 5 ? jose.unseal(asked.request) : asked.request;
        return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    }

    pushedParameters(request) {
        const uri = request.query.get('request_uri');
        if (!uri) return undefined;
        const pushed = this.pushes.get(uri);
        this.pushes.delete(uri);
        const known = this.through('pushed', pushed) ?? {};
        return known.client_id === request.query.get('client_id') ? known : {};
    }

    // What this client must always send; the text of what is wrong, or undefined.
    authorizeProblem(asked) {
        if (asked.response_type !== 'code') return 'response_type is not code';
        if (!clients[asked.client_id]) return 'unknown client_id';
        if (!/^https?:\/\//.test(asked.redirect_uri ?? '')) return 'no redirect_uri';
        if (!/(^| )openid( |$)/.test(asked.scope ?? '')) return 'scope lacks openid';
        if (asked.code_challenge_method !== 'S256') return 'code_challenge_method is not S256';
        if (!/^[\w-]{43}$/.test(asked.code_challenge ?? '')) return 'no code_challenge';
        if ((asked.state ?? '').length < 22) return 'state too short';
        if ((asked.nonce ?? '').length < 22) return 'nonce too short';
        return undefined;
    }

    token(request) {
        const form = Object.fromEntries(new URLSearchParams(request.body));
        const early = this.through('early', undefined, { request, form });
        if (early) return early;
        const refusal = this.clientProblem(request, form) ?? this.grantProblem(request, form);
        const grant = this.codes.get(form.code);
        if (grant) grant.used = true;
        const context = { request, form, grant: grant ?? {} };
        const reply = refusal ?? json(200, this.grant(context), { 'cache-control': 'no-store' });
        return this.through('tokenReply', reply, context);
    }

    // The client authentication of RFC 6749 section 2.3.1, both spellings of it.
    clientProblem(request, form) {
        const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '');
        const decode = (text) => decodeURIComponent(text.replaceAll('+', ' '));
        let [id, password, method] = [form.client_id, form.client_secret, 'none'];
        if (form.client_secret !== undefined) method = 'client_secret_post';
        if (basic) {
            const text = Buffer.from(basic[1], 'base64').toString();
            id = decode(text.split(':')[0]);
            password = decode(text.slice(text.indexOf(':') + 1));
            if (form.client_secret !== undefined) return oauthError(400, 'invalid_request');
            method = 'client_secret_basic';
        }
        if (form.client_assertion !== undefined) method = 'assertion';
        request.note.auth = method;
        if (clients[id]?.assertion) return method === 'assertion' ? undefined : oauthError(401, 'invalid_client');
        const known = clients[id];
        const fits = known && known.secret === password && (known.method ?? method) === method;
        return fits ? undefined : oauthError(401, 'invalid_client', 'client authentication failed');
    }

    grantProblem(request, form) {
        const grant = this.codes.get(form.code);
        const refuse = (why) => {
            request.note.problem = why;
            return oauthError(400, 'invalid_grant', why);
        };
        if (form.grant_type !== 'authorization_code') return refuse('wrong grant_type');
        if (!grant) return refuse('unknown code');
        if (grant.used) return refuse('code used twice');
        if (grant.redirect_uri !== form.redirect_uri) return refuse('redirect_uri differs');
        if (!/^[\w.~-]{43,128}$/.test(form.code_verifier ?? '')) return refuse('bad code_verifier');
        if (jose.sha256(form.code_verifier) !== grant.code_challenge) return refuse('PKCE failed');
        request.note.pkce = true;
        return undefined;
    }

    grant(context) {
        const accessToken = jose.random();
        this.tokens.set(accessToken, context.grant);
        const now = Math.floor(Date.now() / 1000);
        const answer = {
            access_token: accessToken,
            token_type: context.request.headers.dpop ? 'DPoP' : 'Bearer',
            expires_in: 3600,
            scope: context.grant.scope,
            id_token: this.idToken({ ...context, accessToken, now }),
        };
        return this.through('tokens', answer, context);
    }

    idToken(context) {
        const { grant, accessToken, now } = context;
        const claims = this.through('claims', {
            iss: this.issuer,
            sub: this.user.sub,
            aud: grant.client_id,
            exp: now + 3600,
            iat: now,
            auth_time: now,
            nonce: grant.nonce,
            sid: jose.sha256(grant.state),
            at_hash: jose.halfHash(accessToken, 'RS256'),
        }, context);
        const header = this.through('header', { alg: 'RS256', kid: 'rsa-1', typ: 'JWT' }, context);
        this.lastIdToken = this.signed(header, claims, context);
        return this.lastIdToken;
    }

    signed(header, claims, context) {
        const plain = () => jose.sign(header, claims, jose.keys.RS256.privateKey, 'RS256');
        const token = this.through('idToken', undefined, { ...context, header, claims }) ?? plain();
        return this.through('encrypt', token, { ...context, claims });
    }

    // A logout token (Back-Channel Logout 1.0 section 2.4) with the changes of `own`, where null
    // removes a claim; `faults` are the names of those that apply to it alone.
    logoutToken(own) {
        const now = Math.floor(Date.now() / 1000);
        const context = { now, grant: { client_id: 'client' }, accessToken: '' };
        const claims = {
            iss: this.issuer,
            aud: 'client',
            iat: now,
            exp: now + 120,
            jti: jose.random(),
            events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
            ...own,
        };
        for (const [name, value] of Object.entries(claims)) if (value === null) delete claims[name];
        const said = this.through('logout', this.through('claims', claims, context), context);
        const header = this.through('header', { alg: 'RS256', kid: 'rsa-1', typ: 'logout+jwt' },
            context);
        return this.signed(header, said, context);
    }

    userinfo(request) {
        const token = /^(?:Bearer|DPoP) (.+)$/.exec(request.headers.authorization ?? '')?.[1];
        const reply = this.tokens.has(token)
            ? json(200, this.through('userinfo', { ...this.user }))
            : json(401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer' });
        return this.through('userinfoReply', reply, { request });
    }

    // RFC 7009: whatever the token, the answer is the same.
    revoke(request) {
        const form = Object.fromEntries(new URLSearchParams(request.body));
        const reply = this.clientProblem(request, form) ?? { status: 200, headers: {}, body: '' };
        if (reply.status === 200) this.tokens.delete(form.token);
        return this.through('revocationReply', reply, { request });
    }

    logout(request) {
        const back = request.query.get('post_logout_redirect_uri');
        if (!back) return { status: 200, headers: { 'content-type': 'text/html' }, body: 'Bye' };
        const url = new URL(back);
        if (request.query.has('state')) url.searchParams.set('state', request.query.get('state'));
        return { status: 302, headers: { location: url.href }, body: '' };
    }
}
