import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { AppError, defineService, rootCall, schema, type AnyService, type ClientOf } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Type } from '@mlab/schema';
import { aborts, reader, shelf, shelfService } from './sample-services.ts';

type Shelf = ClientOf<typeof shelf>;

/** A reader whose client of the shelf is handed to the test: co-hosted it is a local one, apart it goes over HTTP. */
function readerService(take: (client: Shelf) => void): AnyService {
  return defineService({
    contract: reader,
    needs: { shelf },
    config: schema(Type.Object({})),
    start: ({ clients }) => {
      take(clients.shelf);
      return { handlers: {} };
    },
  });
}

interface Way extends AsyncDisposable {
  readonly client: Shelf;
}

const WAYS: Readonly<Record<string, () => Promise<Way>>> = {
  'co-hosted': async () => {
    let client: Shelf | undefined;
    const app = await startTest(
      readerService((taken) => (client = taken)),
      { neighbours: [shelfService] },
    );
    return { client: client as unknown as Shelf, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
  },
  apart: async () => {
    let client: Shelf | undefined;
    const there = await startTest(shelfService);
    const here = await startTest(
      readerService((taken) => (client = taken)),
      { peers: { shelf: there.url } },
    );
    return {
      client: client as unknown as Shelf,
      [Symbol.asyncDispose]: async () => {
        await here[Symbol.asyncDispose]();
        await there[Symbol.asyncDispose]();
      },
    };
  },
};

const describeError = (error: unknown): object => {
  assert.ok(AppError.is(error), String(error));
  const { code, message, issues, retryAfter, failure } = error;
  return { code, message, issues, retryAfter, failure };
};

const outcome = (answer: Promise<unknown>): Promise<unknown> => answer.catch(describeError);

for (const [way, open] of Object.entries(WAYS)) {
  test(`${way}: inputs get their defaults, and outputs lose what was not promised`, async () => {
    await using lab = await open();
    assert.deepEqual(await lab.client.put({ id: 1, name: undefined as unknown as string }, rootCall('test')), {
      id: 1,
      name: 'nameless',
      tags: [],
    });
  });

  test(`${way}: path, query and body carry every kind of value`, async () => {
    await using lab = await open();
    const got = await lab.client.get({ id: 7, tags: ['a b', 'c&d=e', '日本'], loud: true }, rootCall('test'));
    assert.deepEqual(got, { id: 7, name: 'ITEM', tags: ['a b', 'c&d=e', '日本'] });
    const renamed = await lab.client.rename({ id: 7, name: 'x/y?z' }, rootCall('test'));
    assert.deepEqual(renamed, { id: 7, name: 'x/y?z', tags: [] });
  });

  test(`${way}: an invalid input is refused with the place and what came`, async () => {
    await using lab = await open();
    const error = (await outcome(lab.client.put({ id: 0, name: 5 as unknown as string }, rootCall('test')))) as AppError;
    assert.equal(error.code, 'invalid');
    assert.deepEqual(
      error.issues?.map(({ loc, input }) => ({ loc, input })),
      [
        { loc: ['body', 'id'], input: 0 },
        { loc: ['body', 'name'], input: 5 },
      ],
    );
  });

  test(`${way}: an error keeps its code and sentence and loses its cause`, async () => {
    await using lab = await open();
    assert.deepEqual(await outcome(lab.client.refuse({ code: 'conflict' }, rootCall('test'))), {
      code: 'conflict',
      message: 'The shelf says conflict.',
      issues: undefined,
      retryAfter: 3,
      failure: { kind: 'answered', notSent: false, status: 409 },
    });
  });

  test(`${way}: a handler that crashes tells nothing of the inside`, async () => {
    await using lab = await open();
    const error = (await outcome(lab.client.crash({}, rootCall('test')))) as AppError;
    assert.equal(error.code, 'internal');
    assert.doesNotMatch(error.message, /secret|undefined/);
  });

  test(`${way}: the caller's deadline ends the call on both sides`, async () => {
    await using lab = await open();
    aborts.length = 0;
    const started = performance.now();
    const error = (await outcome(lab.client.wait({ ms: 1500 }, rootCall('test', 80)))) as AppError;
    assert.equal(error.code, 'deadline');
    assert.ok(performance.now() - started < 800, 'the caller did not wait longer');
    await until(() => aborts.length > 0);
    assert.ok(['deadline', 'cancelled'].includes(aborts[0] ?? ''));
  });

  test(`${way}: a caller that goes away cancels the work behind it`, async () => {
    await using lab = await open();
    aborts.length = 0;
    const controller = new AbortController();
    const answer = outcome(lab.client.wait({ ms: 1500 }, rootCall('test', 5000, controller.signal)));
    setTimeout(() => controller.abort(), 50);
    assert.equal(((await answer) as AppError).code, 'cancelled');
    await until(() => aborts.length > 0);
    assert.deepEqual(aborts, ['cancelled']);
  });

  test(`${way}: calls leave nothing behind on the signal of their caller, and a signal that has ended ends them before they begin`, async () => {
    await using lab = await open();
    const controller = new AbortController();
    const call = rootCall('test', 5000, controller.signal);
    for (let i = 0; i < 20; i++) await lab.client.put({ id: 1, name: 'x' }, call);
    await lab.client.rename({ id: 1, name: 'x' }, call);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
    controller.abort();
    const { code, failure } = (await outcome(lab.client.put({ id: 1, name: 'x' }, call))) as AppError;
    assert.deepEqual({ code, failure }, { code: 'cancelled', failure: { kind: 'cancelled', notSent: true } });
  });

  test(`${way}: caller, trace and remaining time are carried on`, async () => {
    await using lab = await open();
    const call = rootCall('nobody', 1000);
    const seen = await lab.client.whoCalls({}, call);
    assert.equal(seen.caller, 'reader');
    assert.equal(seen.traceId, call.trace.traceId);
    assert.ok(seen.remainingMs > 500 && seen.remainingMs <= 1000, `${seen.remainingMs} ms of 1000 remain`);
  });
}

/** Waits until something can be seen, for two seconds at most. */
async function until(condition: () => boolean): Promise<void> {
  const limit = performance.now() + 2000;
  while (!condition()) {
    assert.ok(performance.now() < limit, 'it did not happen within two seconds');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
