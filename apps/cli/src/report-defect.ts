import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { messageOf } from './cli-error.ts';
import { homeOf, openHome } from './home.ts';

/** What nobody expected: one sentence for the terminal, the whole of it in a file. */
export function reportDefect(error: unknown): string {
  const sentence = `mlab met something it does not expect: ${messageOf(error).split('\n')[0]}`;
  try {
    const home = homeOf(process.env);
    openHome(home);
    const file = join(home.logs, 'mlab-defects.log');
    appendFileSync(file, `${new Date().toISOString()} mlab ${process.argv.slice(2).join(' ')}\n${inspect(error)}\n\n`, { mode: 0o600 });
    return `${sentence} (the details are in ${file}).`;
  } catch {
    return `${sentence}.`;
  }
}
