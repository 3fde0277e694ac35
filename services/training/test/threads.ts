import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openThreads } from '#/threads/threads.ts';
import { systemClock } from '@mlab/kernel';
import type { Described } from '#/worker/messages.ts';
import { READ_LIMITS } from '#/data/dataset.ts';
import { churn } from './data.ts';

export const threadTests = (): void =>
  void describe('threads', () => {
    const never = new AbortController().signal;
    const withFile = async <T>(use: (path: string) => Promise<T>): Promise<T> => {
      const folder = await mkdtemp(join(tmpdir(), 'mlab-threads-'));
      try {
        await writeFile(join(folder, 'data.csv'), churn(50));
        return await use(join(folder, 'data.csv'));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    };
    const order = (path: string) => ({ kind: 'describe' as const, file: { path, name: 'data.csv', reading: {} }, limits: READ_LIMITS });

    test('what a thread makes is answered, and what it refuses is the error it is', async () => {
      await withFile(async (path) => {
        await using threads = openThreads({ clock: systemClock, memoryMb: 512, idleMs: 10_000 });
        const asked = { order: order(path), signal: never, graceMs: 0 };
        const { description } = await threads.run<{ description: Described }>(asked);
        assert.equal(description.rows, 50);
        const tooWide = { ...order(path), limits: { ...READ_LIMITS, maxColumns: 2 } };
        await assert.rejects(
          threads.run({ ...asked, order: tooWide }),
          (error: { code?: string; message: string }) => error.code === 'too_large' && /2 columns|columns/.test(error.message),
        );
      });
    });

    test('one that dies of memory is a sentence, and nothing else dies', async () => {
      await withFile(async (path) => {
        await using threads = openThreads({ clock: systemClock, memoryMb: 4, idleMs: 10_000 });
        await assert.rejects(threads.run({ order: order(path), signal: never, graceMs: 0 }), {
          code: 'exhausted',
          message: 'Training needs more than the 4 MiB of memory that one job may have (MLAB_TRAINING_MEMORY_MB).',
        });
      });
    });

    test('one that is told to end ends, and one that does not is ended', async () => {
      await withFile(async (path) => {
        const stop = new AbortController();
        await using threads = openThreads({ clock: systemClock, memoryMb: 512, idleMs: 10_000 });
        const running = threads.run({ order: order(path), signal: stop.signal, graceMs: 0 });
        stop.abort(new Error('enough'));
        await assert.rejects(running, /enough/);
        await assert.rejects(threads.run({ order: order(path), signal: stop.signal, graceMs: 0 }), /enough/);
      });
    });
  });
