import type { monitoring } from '@mlab/contracts/monitoring';
import type { Clock, Database, HandlersOf } from '@mlab/kernel';
import { readRange } from '#/domain/traffic.ts';
import { list } from '#/store/traffic.ts';

interface Deps {
  readonly database: Database;
  readonly clock: Clock;
}

export const handlers = ({ database, clock }: Deps): HandlersOf<typeof monitoring> => ({
  traffic: async (asked, call) => {
    const buckets = await list(database.for(call), readRange(asked, clock.now()));
    return { items: buckets.map(({ from, inputs, predictions }) => ({ from: from.toISOString(), inputs, predictions: [...predictions] })) };
  },
});
