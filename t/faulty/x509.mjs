// x509.mjs: just enough DER (X.690) to make certificates that are right, expired or for another
// host: Node signs, but writes no certificates.
import crypto from 'node:crypto';

import { keyPair } from '../provider/key-pair.js';

const der = (tag, ...parts) => {
    const body = Buffer.concat(parts);
    if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
    const length = Buffer.from(body.length.toString(16).replace(/^(.(..)*)$/, '0$1'), 'hex');
    return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
};
const seq = (...parts) => der(0x30, ...parts);
const set = (...parts) => der(0x31, ...parts);
const bool = (value) => der(1, Buffer.from([value ? 0xff : 0]));
const octets = (body) => der(4, body);
const bits = (body) => der(3, Buffer.from([0]), body);
const utf8 = (text) => der(12, Buffer.from(text));

function oid(dotted) {
    const [a, b, ...rest] = dotted.split('.').map(Number);
    const bytes = [40 * a + b];
    for (const arc of rest) {
        const groups = [arc & 0x7f];
        for (let left = arc >> 7; left; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
        bytes.push(...groups);
    }
    return der(6, Buffer.from(bytes));
}

const time = (date) => der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+/g, '')}`));
const name = (cn) => seq(set(seq(oid('2.5.4.3'), utf8(cn))));
const algorithm = seq(oid('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
const extension = (id, critical, body) =>
    seq(oid(id), ...(critical ? [bool(true)] : []), octets(body));

function altNames(hosts) {
    const one = (host) => (/^[\d.]+$/.test(host)
        ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host)));
    return extension('2.5.29.17', false, seq(...hosts.map(one)));
}

const basicConstraints = (ca) => extension('2.5.29.19', true, seq(...(ca ? [bool(true)] : [])));

const DAY = 86400000;

// A certificate for `hosts`, or of a CA without them; signed by `issuer`, or by itself.
export function certificate({ cn, hosts, issuer, from = -DAY, until = 30 * DAY }) {
    const { publicKey, privateKey } = keyPair('ec', { namedCurve: 'P-256' });
    const now = Date.now();
    const body = seq(
        der(0xa0, der(2, Buffer.from([2]))),
        der(2, Buffer.concat([Buffer.from([1]), crypto.randomBytes(12)])),
        algorithm,
        name(issuer ? issuer.cn : cn),
        seq(time(new Date(now + from)), time(new Date(now + until))),
        name(cn),
        publicKey.export({ type: 'spki', format: 'der' }),
        der(0xa3, seq(basicConstraints(!hosts), ...(hosts ? [altNames(hosts)] : []))),
    );
    const signature = crypto.sign('sha256', body, issuer ? issuer.privateKey : privateKey);
    const whole = seq(body, algorithm, bits(signature)).toString('base64');
    return {
        cn,
        privateKey,
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
        cert: `-----BEGIN CERTIFICATE-----\n${whole.match(/.{1,64}/g).join('\n')}`
            + '\n-----END CERTIFICATE-----\n',
    };
}

// One CA and what its listeners show: `good`, and the ways to be wrong of attack 29.
export function certificates() {
    const ca = certificate({ cn: 'PlusAuth test CA' });
    const hosts = ['localhost', '127.0.0.1'];
    return {
        ca,
        good: certificate({ cn: 'localhost', hosts, issuer: ca }),
        self_signed: certificate({ cn: 'localhost', hosts }),
        expired: certificate({ cn: 'localhost', hosts, issuer: ca, from: -9 * DAY, until: -DAY }),
        wrong_host: certificate({ cn: 'elsewhere', hosts: ['elsewhere.test'], issuer: ca }),
    };
}
