import type { gateway } from '@mlab/contracts/gateway';
import { AppError, type CallMeta, type Database, type HandlersOf } from '@mlab/kernel';
import { encodeCursor } from '#/domain/input-log/cursor.ts';
import type { Entry } from '#/domain/input-log/entry.ts';
import { readFilter, type InputFilter } from '#/domain/input-log/filter.ts';
import { INPUT_ID } from '#/domain/input-log/input-id.ts';
import { toLoggedInput } from '#/domain/input-log/logged-input.ts';
import { exportInputs } from '#/input-log/export.ts';
import { readInput, readPage, type Page, type PageLimits } from '#/store/read-inputs.ts';

export interface ReadApiOptions {
  readonly database: Database | undefined;
  /** How long one page may be looked for, in milliseconds. */
  readonly searchMs: number;
  readonly monotonic: () => number;
}

type ReadHandlers = Pick<HandlersOf<typeof gateway>, 'listInputs' | 'getInput' | 'exportInputs'>;

/** What one answer holds at most; a neighbour reads no answer that is much larger. */
const PAGE_BYTES = 8 * 1024 * 1024;
const EXPORT_PAGE: PageLimits = { rows: 1000, bytes: 4 * 1024 * 1024 };

export function readApi({ database, searchMs, monotonic }: ReadApiOptions): ReadHandlers {
  const required = (): Database => {
    if (database !== undefined) return database;
    throw new AppError('not_found', 'This gateway keeps no input log: it runs without a database.');
  };
  const search = async (filter: InputFilter, limits: PageLimits, call: CallMeta): Promise<Page> => {
    const { signal, caller, trace } = call;
    const limit = monotonic() + searchMs;
    try {
      return await readPage(required().for({ caller, trace, signal, deadline: Math.min(call.deadline, limit) }), filter, limits);
    } catch (error) {
      if (AppError.is(error, 'deadline') && limit <= call.deadline) throw tooLong(searchMs, error);
      throw error;
    }
  };
  async function* pages(first: Page, filter: InputFilter, call: CallMeta): AsyncGenerator<readonly Entry[], void, void> {
    for (let page = first; ;) {
      const last = page.entries.at(-1);
      if (last === undefined) return;
      yield page.entries;
      if (!page.more) return;
      page = await search({ ...filter, beforeIds: [last.id] }, EXPORT_PAGE, call);
    }
  }
  return {
    listInputs: async ({ limit, ...query }, call) => {
      const { entries, more } = await search(readFilter(query), { rows: limit, bytes: PAGE_BYTES }, call);
      const last = entries.at(-1);
      return { items: entries.map(toLoggedInput), ...(more && last !== undefined ? { next: encodeCursor(last.id) } : {}) };
    },
    getInput: async ({ id }, call) => {
      const queryable = required().for(call);
      const entry = INPUT_ID.test(id) ? await readInput(queryable, id) : undefined;
      if (entry === undefined) throw new AppError('not_found', `There is no input ${id.slice(0, 100)} in the log.`);
      return toLoggedInput(entry);
    },
    exportInputs: async ({ format, formulas, ...query }, call) => {
      const filter = readFilter(query);
      // The first page is looked for before anything is answered: what is wrong with the question is said as an error, not as a broken file.
      const first = await search(filter, EXPORT_PAGE, call);
      return exportInputs(format, pages(first, filter, call), { quoteFormulas: formulas === 'quoted' });
    },
  };
}

const tooLong = (ms: number, cause: unknown): AppError =>
  new AppError('deadline', `The search took longer than ${ms} ms. Narrow it with from and to: inputs are kept in the order of time.`, {
    cause,
  });
