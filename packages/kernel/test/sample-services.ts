import { setTimeout as delay } from 'node:timers/promises';
import { AppError, defineContract, defineService, operation, schema } from '@mlab/kernel';
import { Type } from '@mlab/schema';

const Item = Type.Object({ id: Type.Integer({ minimum: 1 }), name: Type.String(), tags: Type.Array(Type.String()) }, { title: 'Item' });
const Nothing = Type.Object({});

/** A service with one operation for each thing that a transport can get wrong. */
export const shelf = defineContract({
  name: 'shelf',
  title: 'Shelf',
  label: 'Shelf',
  description: 'Keeps items.',
  port: 18_101,
  wire: 'problem',
  operations: {
    put: operation('POST /items', {
      summary: 'Put an item',
      scope: 'shelf:write',
      input: Type.Object({ id: Item.properties.id, name: Type.String({ default: 'nameless' }) }),
      output: Item,
    }),
    get: operation('GET /items/:id', {
      summary: 'Get an item',
      scope: 'shelf:read',
      input: Type.Object({
        id: Item.properties.id,
        tags: Type.Array(Type.String(), { default: [] }),
        loud: Type.Boolean({ default: false }),
      }),
      output: Item,
    }),
    rename: operation('PUT /items/:id/name', {
      summary: 'Rename an item',
      scope: 'shelf:write',
      input: Type.Object({ id: Item.properties.id, name: Type.String() }),
      output: Item,
    }),
    refuse: operation('POST /refuse', {
      summary: 'Refuse',
      scope: 'shelf:write',
      input: Type.Object({ code: Type.String() }),
      output: Nothing,
    }),
    crash: operation('POST /crash', { summary: 'Crash', scope: 'shelf:write', input: Nothing, output: Nothing }),
    wait: operation('POST /wait', {
      summary: 'Wait',
      scope: 'shelf:write',
      timeoutMs: 2_000,
      input: Type.Object({ ms: Type.Integer() }),
      output: Type.Object({ aborted: Type.String() }),
    }),
    discard: operation('POST /discard', {
      summary: 'Discard all items',
      scope: 'shelf:write',
      callers: ['reader'],
      input: Nothing,
      output: Type.Object({ by: Type.String() }),
    }),
    whoCalls: operation('GET /who-calls', {
      summary: 'Tell the caller',
      scope: 'shelf:read',
      input: Nothing,
      output: Type.Object({ caller: Type.String(), traceId: Type.String(), remainingMs: Type.Number() }),
    }),
  },
});

/** What the shelf saw of calls that ended early. */
export const aborts: string[] = [];

export const shelfService = defineService({
  contract: shelf,
  needs: {},
  config: schema(Nothing),
  start: () => ({
    handlers: {
      // A handler that returns more than it promised: the rest must not get out.
      put: ({ id, name }) => ({ id, name, tags: [], password: 'secret' }),
      get: ({ id, tags, loud }) => ({ id, name: loud ? 'ITEM' : 'item', tags }),
      rename: async ({ id, name }) => ({ id, name, tags: [] }),
      refuse: ({ code }) => {
        throw new AppError(code as 'conflict', `The shelf says ${code}.`, { retryAfter: 3, cause: new Error('not for others') });
      },
      crash: () => {
        throw new TypeError('cannot read properties of undefined (at /secret/path.ts)');
      },
      wait: async ({ ms }, { signal }) => {
        await delay(ms, undefined, { signal }).catch(() => aborts.push((signal.reason as AppError).code));
        return { aborted: '' };
      },
      discard: (_input, { caller }) => ({ by: caller }),
      whoCalls: (_input, { caller, trace, deadline }) => ({
        caller,
        traceId: trace.traceId,
        remainingMs: deadline - performance.now(),
      }),
    },
  }),
});

/** A service that only passes calls on to the shelf, so that the way in between can be looked at. */
export const reader = defineContract({
  name: 'reader',
  title: 'Reader',
  label: 'Reader',
  description: 'Reads the shelf.',
  port: 18_102,
  wire: 'problem',
  operations: {},
});
