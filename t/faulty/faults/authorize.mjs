// authorize.mjs: faults of the authorization response (RFC 6749 4.1.2, RFC 9207).
import * as jose from '../jose.mjs';

const edit = (change) => ({ authorize: change });
const set = (values) => edit((answer) => {
    for (const [name, value] of Object.entries(values)) answer.set(name, value);
});
const twice = (name, value) => edit((answer) => answer.append(name, value));
const error = (code, description = 'because') => edit((answer) => {
    answer.delete('code');
    answer.set('error', code);
    answer.set('error_description', description);
});

export const authorize = {
    iss_wrong: set({ iss: 'https://evil.example' }),
    iss_slash: edit((answer) => answer.set('iss', `${answer.get('iss')}/`)),
    iss_absent: edit((answer) => answer.delete('iss')),
    iss_empty: set({ iss: '' }),
    iss_twice: twice('iss', 'https://evil.example'),
    state_absent: edit((answer) => answer.delete('state')),
    state_wrong: set({ state: jose.random(32) }),
    state_twice: twice('state', 'another'),
    code_absent: edit((answer) => answer.delete('code')),
    code_empty: set({ code: '' }),
    code_twice: twice('code', 'another'),
    code_unknown: set({ code: 'stolen-code' }),
    code_crlf: set({ code: 'abc\r\nX-Evil: 1\r\n\r\nGET /stolen HTTP/1.1' }),
    code_nul: set({ code: 'abc\0def' }),
    code_ampersand: set({ code: 'abc&client_id=other&code_verifier=x' }),
    code_long: set({ code: 'c'.repeat(6000) }),
    code_and_error: set({ error: 'access_denied' }),
    access_denied: error('access_denied', '<script>alert("description")</script>'),
    login_required: error('login_required'),
    server_error: error('server_error'),
    error_markup: error('<script>alert("error")</script>'),
    // JARM, which nobody asked for.
    jarm: edit((answer) => new URLSearchParams({
        response: jose.sign({ alg: 'RS256', kid: 'rsa-1' }, Object.fromEntries(answer),
            jose.keys.RS256.privateKey),
    })),
};
