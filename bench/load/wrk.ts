import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Generator, Load, Measure } from './generator.ts';

const SCRIPT = fileURLToPath(new URL('post-json.lua', import.meta.url));

export const wrk: Generator = {
  name: 'wrk',
  async run(load: Load): Promise<Measure> {
    const { url, connections, seconds, body } = load;
    const args = [
      '--threads',
      '1',
      '--connections',
      `${connections}`,
      '--duration',
      `${seconds}s`,
      '--timeout',
      '10s',
      '--script',
      SCRIPT,
      url,
    ];
    const { stdout } = await promisify(execFile)('wrk', args, { env: { ...process.env, BODY: body } });
    const line = stdout.split('\n').find((each) => each.startsWith('{'));
    if (line === undefined) throw new Error(`wrk gave no summary:\n${stdout}`);
    return JSON.parse(line) as Measure;
  },
};
