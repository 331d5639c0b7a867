/* key-pair.js: fresh key pairs whose keys can be exported. */

import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';

/* Not the KeyObjects that generateKeyPairSync itself makes: they share a lock with the job that made
 * them, and when the garbage collector ends that job during their export, Node waits for itself forever. */
export function keyPair(type, options) {
  const { privateKey: pem } = generateKeyPairSync(type, {
    ...options,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { privateKey: createPrivateKey(pem), publicKey: createPublicKey(pem) };
}
