// The containers' health check: asks each address it is given and ends with 1 unless all of them answer 2xx in time.
// The images have no curl, and node:http starts in half the time that fetch takes.
import { get } from 'node:http';

/** Less than the check's own timeout, so that the reason is printed and kept in `docker inspect`. */
const PATIENCE_MS = 2500;

const check = (url) =>
  new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: PATIENCE_MS }, (response) => {
      response.resume();
      if (response.statusCode >= 200 && response.statusCode < 300) response.once('end', resolve);
      else reject(new Error(`${url} answered ${response.statusCode}`));
    });
    request.once('timeout', () => request.destroy(new Error(`${url} did not answer in ${PATIENCE_MS} ms`)));
    request.once('error', reject);
  });

try {
  await Promise.all(process.argv.slice(2).map(check));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
