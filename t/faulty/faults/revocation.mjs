// revocation.mjs: faults of the revocation endpoint (RFC 7009 section 2.2).
const JSON_TYPE = { 'content-type': 'application/json' };
const replace = (reply) => ({ revocationReply: () => reply });

export const revocation = {
    status_400: replace({ status: 400, headers: JSON_TYPE, body: { error: 'unsupported_token_type' } }),
    status_503: replace({ status: 503, headers: { 'retry-after': '5' }, body: '' }),
    redirect: {
        revocationReply: (reply, { op }) => ({
            status: 307,
            headers: { location: `http://localhost:${new URL(op.issuer).port}/stolen` },
            body: '',
        }),
    },
    hang: replace({ hang: true }),
    reset: replace({ reset: true }),
};
