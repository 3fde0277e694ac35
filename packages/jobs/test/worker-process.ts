import { setTimeout as delay } from 'node:timers/promises';
import { sql } from '@mlab/sql';
import { call, openInstance } from './stage.ts';
import { quarry } from './quarry.ts';

/** A process of its own that works until it is killed: `node worker-process.ts <url> <milliseconds a job takes>`. Says when it has begun. */
const [url = '', ms = '0'] = process.argv.slice(2);

const quarrying = await openInstance({
  url,
  jobs: quarry,
  service: 'quarry',
  runners: {
    break: async ({ stone }, run) => {
      process.stdout.write(`${stone}\n`);
      await delay(Number(ms), undefined, { signal: run.signal });
      await quarrying.database.for(call()).run(sql`INSERT INTO broken (stone, job) VALUES (${stone}, ${run.id}) ON CONFLICT DO NOTHING`);
      return {};
    },
  },
});
process.once('SIGTERM', () => void quarrying[Symbol.asyncDispose]().then(() => process.exit(0)));
process.stdout.write('working\n');
