// streams.mjs: URL COOKIE NUMBER: so many requests at once as streams of one HTTP/2 connection without
// TLS; prints their statuses. (curl 7.88 cannot use such a connection twice.)
import http2 from 'node:http2';

const [url, cookie, number] = process.argv.slice(2);
const { origin, pathname } = new URL(url);
const session = http2.connect(origin);
session.on('error', (error) => {
    console.error(error);
    process.exit(1);
});

const status = (index) => new Promise((resolve, reject) => {
    const stream = session.request({ ':path': `${pathname}?${index}`, cookie, accept: 'text/html' });
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('error', reject);
    stream.resume();
});

const statuses = await Promise.all(Array.from({ length: Number(number) }, (_, index) => status(index)));
console.log(statuses.join(' '));
session.close();
