/* tap.js: steps that depend on each other, reported as TAP. */

let count = 0;
let failed = 0;

export async function step(name, body) {
  count += 1;
  try {
    await body();
    console.log(`ok ${count} - ${name}`);
  }
  catch (error) {
    failed += 1;
    console.log(`not ok ${count} - ${name}`);
    console.log(String(error.stack ?? error).replace(/^/gm, '# '));
  }
}

export function finish() {
  console.log(`1..${count}`);
  process.exitCode = failed === 0 && count > 0 ? 0 : 1;
}
