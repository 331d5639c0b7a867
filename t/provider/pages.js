/* pages.js: what the provider shows in the browser. Plain forms, no script, nothing fetched. */

const STYLE = `
:root { color-scheme: light dark; --ground: #f4f5f8; --card: #fff; --ink: #1b2130; --soft: #5b6478;
  --line: #8b93a7; --accent: #3d4bd6; --on-accent: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #11141c; --card: #1a1f2b; --ink: #e8ebf3; --soft: #a3acc0; --line: #6b7489;
    --accent: #8f9bff; --on-accent: #11141c; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.25rem;
  background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 24rem; padding: 2rem; background: var(--card);
  border-radius: 1rem; box-shadow: 0 1px 2px #0002, 0 12px 32px #0001; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1.5rem; color: var(--soft); }
label { display: block; margin: 0 0 1rem; font-weight: 600; }
input { display: block; width: 100%; margin-top: .25rem; padding: .625rem .75rem; font: inherit;
  font-weight: 400; color: inherit; background: transparent; border: 1px solid var(--line);
  border-radius: .5rem; }
button { width: 100%; margin-top: .5rem; padding: .75rem; font: inherit; font-weight: 600;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent);
  border-radius: .5rem; cursor: pointer; }
button.quiet { color: var(--accent); background: transparent; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
a { color: var(--accent); }
.links { margin: 1.25rem 0 0; text-align: center; }`;

export function escapeHtml(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(text).replace(/[&<>"']/g, (character) => entities[character]);
}

function page(title, body) {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
}

export function loginPage({ action, cancel, client, hint }) {
  return page('Sign in', `<p>to continue to <strong>${escapeHtml(client)}</strong></p>
<form method="post" action="${action}">
<label>User name or e-mail
<input name="login" required autofocus autocomplete="username" autocapitalize="none"
 value="${escapeHtml(hint)}"></label>
<label>Password
<input name="password" type="password" autocomplete="current-password"
 placeholder="anything will do"></label>
<button type="submit">Sign in</button>
</form>
<p class="links"><a href="${cancel}">Cancel</a></p>`);
}

/* The form comes from oidc-provider and holds its token; the buttons are ours to add. */
export function logoutPage(form, name) {
  const buttons = `<button type="submit" name="logout" value="yes" autofocus>Sign out</button>
<button type="submit" class="quiet">Stay signed in</button>`;
  return page('Sign out', `<p>You are signed in as <strong>${escapeHtml(name)}</strong>.
Do you want to sign out here too?</p>
${form.replace('</form>', `${buttons}</form>`)}`);
}

export function goodbyePage() {
  return page('Signed out', '<p>You have signed out. You may close this page.</p>');
}

export function errorPage({ error, error_description: description }) {
  return page('That did not work', `<p>${escapeHtml(description ?? 'The request failed.')}</p>
<code>${escapeHtml(error)}</code>`);
}

export function avatar(name) {
  const initials = name.split(' ').slice(0, 2).map((word) => [...word][0]).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">
<rect width="96" height="96" rx="48" fill="#3d4bd6"/>
<text x="48" y="48" dy=".35em" text-anchor="middle" fill="#fff"
 font-family="system-ui, sans-serif" font-size="40">${escapeHtml(initials)}</text>
</svg>
`;
}
