/* accounts.js: any user name is an account; every claim is derived from the name. */

import { createHash } from 'node:crypto';

/* The scopes that release claims. With conformIdTokenClaims they come from userinfo alone. */
export const claimsByScope = {
  openid: ['sub'],
  profile: ['username', 'name', 'picture', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
};

const CREATED = 1735689600; // the accounts' updated_at: 2025-01-01

/* Opaque, as a real provider's is: no test may take the subject for the user name. */
export function subjectOf(login) {
  return createHash('sha256').update(login).digest('hex').slice(0, 24);
}

function displayNameOf(username) {
  const words = username.split(/[._\s-]+/).filter(Boolean);
  const capital = (word) => word[0].toUpperCase() + word.slice(1);
  return words.map(capital).join(' ') || username;
}

export class Accounts {
  #logins = new Map();

  constructor(issuer) {
    this.issuer = issuer;
  }

  /* Remembers the name behind a subject, and returns the subject. */
  enter(login) {
    const subject = subjectOf(login);
    this.#logins.set(subject, login);
    return subject;
  }

  find(subject) {
    const login = this.#logins.get(subject);
    if (login === undefined) return undefined;
    return { accountId: subject, claims: () => this.#claims(subject, login) };
  }

  nameOf(subject) {
    const login = this.#logins.get(subject);
    return login === undefined ? undefined : displayNameOf(login.split('@')[0]);
  }

  #claims(subject, login) {
    const username = login.split('@')[0] || login;
    return {
      sub: subject,
      username,
      name: displayNameOf(username),
      picture: `${this.issuer}/avatar/${subject}.svg`,
      locale: 'en-GB',
      updated_at: CREATED,
      email: login.includes('@') ? login : `${login}@example.com`,
      email_verified: true,
    };
  }
}
