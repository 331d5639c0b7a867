// jwe.mjs: compact JSON Web Encryption by hand (RFC 7516, 7518 section 4), always with A256GCM, so that it
// can be made wrongly too; and the keys of the client that it is for.
import crypto from 'node:crypto';

import { keyPair } from '../provider/key-pair.js';
import { b64u } from './jose.mjs';

export const client = {
    rsa: keyPair('rsa', { modulusLength: 2048 }),
    ec: keyPair('ec', { namedCurve: 'P-256' }),
};

const sized = (data) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    return Buffer.concat([size, data]);
};

// RFC 7518 section 4.6.2, without PartyInfo, for one block of the hash.
function agreed(ephemeral) {
    const z = crypto.diffieHellman({ privateKey: ephemeral.privateKey, publicKey: client.ec.publicKey });
    const info = [sized(Buffer.from('A256GCM')), Buffer.alloc(8), Buffer.from([0, 0, 1, 0])];
    return crypto.createHash('sha256').update(Buffer.concat([Buffer.from([0, 0, 0, 1]), z, ...info])).digest();
}

const { RSA_PKCS1_PADDING } = crypto.constants;
const encryptedKey = {
    'RSA-OAEP': (cek, key) => crypto.publicEncrypt(key, cek),
    'RSA-OAEP-256': (cek, key) => crypto.publicEncrypt({ key, oaepHash: 'sha256' }, cek),
    // OpenID Connect Core 10.2: by a key that is made of the client secret.
    ...Object.fromEntries([128, 192, 256].map((bits) => [`A${bits}KW`, (cek, key, secret) => {
        const kek = crypto.createHash('sha256').update(secret).digest().subarray(0, bits / 8);
        const cipher = crypto.createCipheriv(`id-aes${bits}-wrap`, kek, Buffer.alloc(8, 0xa6));
        return Buffer.concat([cipher.update(cek), cipher.final()]);
    }])),
    RSA1_5: (cek, key) => crypto.publicEncrypt({ key, padding: RSA_PKCS1_PADDING }, cek),
};

// `more` goes into the header; without a key of its own the content is encrypted with a random one.
export function encrypt(text, alg = 'RSA-OAEP-256', more = {}, { cek, to = client.rsa, secret = '' } = {}) {
    const header = { alg, enc: 'A256GCM', cty: 'JWT' };
    let key = cek ?? crypto.randomBytes(32);
    if (alg === 'ECDH-ES') {
        const ephemeral = keyPair('ec', { namedCurve: 'P-256' });
        header.epk = ephemeral.publicKey.export({ format: 'jwk' });
        key = agreed(ephemeral);
    }
    const aad = b64u(JSON.stringify({ ...header, ...more }));
    const wrapped = encryptedKey[alg]?.(key, to.publicKey, secret) ?? Buffer.alloc(0);
    const iv = crypto.randomBytes(12);
    const cipher = crypto.createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(Buffer.from(aad));
    const content = Buffer.concat([cipher.update(text), cipher.final()]);
    return [aad, ...[wrapped, iv, content, cipher.getAuthTag()].map(b64u)].join('.');
}
