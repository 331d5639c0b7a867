/* tenant.js: oidc-provider set up the way a PlusAuth tenant looks from outside. */

import { randomBytes } from 'node:crypto';

import Provider from 'oidc-provider';

import { claimsByScope } from './accounts.js';
import { financialFeatures, financialKeys, financialSettings } from './financial.js';
import { keyPair } from './key-pair.js';
import { errorPage, goodbyePage, logoutPage } from './pages.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

function privateJwk({ kid, type = 'rsa', options = { modulusLength: 2048 }, alg = 'RS256', use = 'sig' }) {
  const { privateKey } = keyPair(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid, use, alg };
}

/* A "Regular Web Application" of the dashboard. */
function webApplication(settings, id, method) {
  const client = {
    client_id: id,
    client_name: 'Plusauth Starter',
    application_type: 'web',
    token_endpoint_auth_method: method,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: settings.redirectUris,
    post_logout_redirect_uris: settings.logoutUris,
  };
  if (method !== 'none') client.client_secret = settings.clientSecret;
  if (settings.backchannelUri) {
    client.backchannel_logout_uri = settings.backchannelUri;
    client.backchannel_logout_session_required = true;
  }
  return client;
}

/* First party: consent is granted as it is asked for, and no screen shows it. */
async function grantAll(ctx) {
  const { client, session, params, provider } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const grant = (known && await provider.Grant.find(known))
    ?? new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

/* oidc-provider takes Basic and Post for one another; a provider that holds an application to
 * what the dashboard says is the harder test. */
async function demandRegisteredMethod(ctx, next) {
  await next();
  const { client, body } = ctx.oidc ?? {};
  if (!client || !['token', 'revocation'].includes(ctx.oidc.route)) return;
  if (/tls_client_auth$/.test(client.clientAuthMethod)) return; /* the connection says it */
  const basic = /^Basic /i.test(ctx.headers.authorization ?? '');
  const secret = body?.client_secret === undefined ? 'none' : 'client_secret_post';
  const used = basic ? 'client_secret_basic' : secret;
  const registered = client.clientAuthMethod;
  if (body?.client_assertion === undefined && used !== registered) {
    ctx.status = 401;
    ctx.body = { error: 'invalid_client', error_description: 'client authentication failed' };
  }
}

function html(ctx, body) {
  ctx.type = 'html';
  ctx.body = body;
}

export function createTenant(settings, issuer, accounts) {
  const { clientId, financial } = settings;
  const keys = [{ kid: 'current' }, { kid: 'next' }, ...(financial ? financialKeys : [])];
  const tenant = new Provider(issuer, {
    clients: [
      webApplication(settings, clientId, settings.authMethod),
      webApplication(settings, `${clientId}-post`, 'client_secret_post'),
      webApplication(settings, `${clientId}-public`, 'none'),
      ...settings.clients.map((own) => ({
        ...webApplication(settings, own.client_id, own.token_endpoint_auth_method),
        /* Of several providers a server has a Redirect URI for each. */
        redirect_uris: settings.redirectUris.map((uri) => `${uri}/${own.client_id}`),
        ...own,
      })),
    ],
    jwks: { keys: keys.map(privateJwk) },
    cookies: {
      keys: [randomBytes(32).toString('hex')],
      names: { session: 'op_session', interaction: 'op_interaction', resume: 'op_resume' },
    },
    routes: {
      authorization: '/oidc/auth',
      end_session: '/oidc/logout',
      jwks: '/.well-known/jwks.json',
      pushed_authorization_request: '/oauth2/par',
      revocation: '/oauth2/token/revocation',
      token: '/oauth2/token',
      userinfo: '/oidc/userinfo',
    },
    claims: claimsByScope,
    conformIdTokenClaims: true,
    enabledJWA: { idTokenSigningAlgValues: ['RS256'] },
    ...(financial ? financialSettings : {}),
    pkce: { required: () => true, methods: ['S256'] },
    responseTypes: ['code'],
    findAccount: (ctx, subject) => accounts.find(subject),
    loadExistingGrant: grantAll,
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    renderError: (ctx, out) => html(ctx, errorPage(out)),
    ttl: {
      AccessToken: settings.tokenTtl,
      AuthorizationCode: 60,
      Grant: 14 * DAY,
      IdToken: HOUR,
      Interaction: HOUR,
      RefreshToken: 14 * DAY,
      Session: 14 * DAY,
    },
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      ...(financial ? financialFeatures : {}),
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) =>
          html(ctx, logoutPage(form, accounts.nameOf(ctx.oidc.session.accountId) ?? '')),
        postLogoutSuccessSource: (ctx) => html(ctx, goodbyePage()),
      },
    },
  });
  tenant.use(demandRegisteredMethod);
  tenant.on('server_error', (ctx, error) => console.error(error));
  return tenant;
}
