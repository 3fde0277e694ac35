import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import type { Generator, Load, Measure } from './generator.ts';

interface Summary {
  readonly requests: { readonly total: number };
  readonly duration: number;
  readonly latency: { readonly p50: number; readonly p99: number };
  readonly errors: number;
  readonly timeouts: number;
  readonly non2xx: number;
}

/** As a program of its own: inside this process it would share the event loop with the bench. */
export const autocannon: Generator = {
  name: 'autocannon',
  async run(load: Load): Promise<Measure> {
    const program = createRequire(import.meta.url).resolve('autocannon');
    const args = ['--json', '--no-progress', '-c', `${load.connections}`, '-d', `${load.seconds}`];
    const request = ['-m', 'POST', '-H', 'content-type=application/json', '-b', load.body, load.url];
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, ...request], { maxBuffer: 16 * 1024 * 1024 });
    const { requests, duration, latency, errors, timeouts, non2xx } = JSON.parse(stdout) as Summary;
    return {
      requests: requests.total,
      perSecond: requests.total / duration,
      p50: latency.p50,
      p99: latency.p99,
      failures: errors + timeouts + non2xx,
    };
  },
};
