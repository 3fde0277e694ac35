import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { AppError, readConfig, systemClock } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { openLog, openTelemetry } from '@mlab/telemetry';
import { config } from '#/config.ts';
import { openServing } from '#/open-serving.ts';
import { service } from '#/service.ts';
import { constant, filling, forest, uncompiled } from './files.ts';
import { call, type Json } from './serving-for-test.ts';
import { longestWork } from './longest-work.ts';
import { NOW, shown, startWorld, until } from './world-for-test.ts';

/** The process in which ONNX Runtime computes for the one model of a test: none of those that were there before. */
async function ownChild(before: readonly number[]): Promise<number> {
  const [pid, ...others] = (await children()).filter((one) => !before.includes(one));
  assert.deepEqual(others, []);
  return pid as number;
}

/** The processes of this one in which ONNX Runtime computes. */
async function children(): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(process.pid), '-f', 'ort-child']).catch(() => ({ stdout: '' }));
  return stdout.trim() === '' ? [] : stdout.trim().split('\n').map(Number);
}

suite('neighbours that are away', { concurrency: false }, () => {
  test('what is in memory answers while the registry is away; what is not is refused, and loaded when it is back', async () => {
    await using world = await startWorld();
    world.put('here', constant(1));
    world.put('there', constant(2));
    assert.equal((await world.predict('here')).predictions[0].prediction, 2);
    world.onAsked = (what) => {
      if (!what.startsWith('file')) throw new AppError('unavailable', 'It is away.');
    };
    assert.deepEqual(await world.client.unloadModel({ name: 'here' }, call()), { unloaded: 1 });
    assert.equal((await world.predict('here')).version, 1, 'what it was is remembered, and its file can be brought again');
    const before = world.asked.length;
    await until('the registry was asked again in vain', async () => {
      assert.equal((await world.predict('here')).version, 1);
      return world.asked.length > before + 3;
    });
    await assert.rejects(world.predict('there'), (error: AppError) => {
      assert.deepEqual([error.code, error.retryAfter], ['unavailable', 1]);
      return /Model Registry cannot be asked/.test(error.message);
    });
    world.onAsked = () => {};
    assert.equal((await world.predict('there')).predictions[0].prediction, 3);
  });

  test('an alias is looked up behind the answers, one look-up at a time', async () => {
    await using world = await startWorld();
    world.put('slow', constant(1));
    world.aliases.set('slow champion', 1);
    await Promise.all(Array.from({ length: 10 }, () => world.predict('slow')));
    assert.deepEqual(
      world.asked.filter((what) => !what.startsWith('file')),
      ['alias slow'],
    );
    let [under, most] = [0, 0];
    world.onAsked = async () => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, 50));
      under--;
    };
    world.put('slow', constant(2));
    world.aliases.set('slow champion', 2);
    let longest = 0;
    await until('the new version answers', async () => {
      const started = performance.now();
      const answers = await Promise.all(Array.from({ length: 5 }, () => world.predict('slow')));
      longest = Math.max(longest, performance.now() - started);
      return answers.every(({ version }) => version === 2);
    });
    assert.equal(most, 1);
  });

  test('tracking that goes away within a file: the version is not loaded, and tried again', async () => {
    await using world = await startWorld({ MLAB_PREDICTOR_RETRY_MS: '0' });
    world.put('large', forest(20, 6));
    world.onAsked = (what) => {
      if (what.startsWith('chunk')) throw new AppError('unavailable', 'It is away.');
    };
    const rows = [Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`x${at}`, 0.5]))];
    await assert.rejects(world.predict('large', rows), { code: 'unavailable' });
    assert.equal((await world.listed('large')).state, 'failed');
    world.onAsked = () => {};
    assert.equal((await world.predict('large', rows)).version, 1);
  });

  test('a version without digests is refused, unless it was said that they are not needed', async () => {
    await using world = await startWorld();
    world.put('undigested', constant(1), { files: undefined as never });
    await assert.rejects(world.predict('undigested'), { code: 'conflict', message: /knows no SHA-256 of its files/ });
  });

  test('without a registry there are no models, and the demo model answers', async () => {
    await using app = await startTest(service);
    await assert.rejects(app.client.predictRows({ name: 'any', rows: [{}] }, call()), {
      code: 'not_found',
      message: /runs without a Model Registry/,
    });
    assert.equal((await app.client.predict({ input: 'a' }, call())).prediction.input_length, 1);
    assert.deepEqual(await app.client.listServed({}, call()), { items: [] });
  });
});

suite('limits', { concurrency: false }, () => {
  test('memory is bounded: who was not asked for longest leaves first, and comes back when asked', async () => {
    await using world = await startWorld({ MLAB_PREDICTOR_MAX_MODELS: '2' });
    for (const name of ['a', 'b', 'c']) world.put(name, constant(1));
    await world.predict('a');
    await world.predict('b');
    await world.predict('a');
    await world.predict('c');
    const names = async () => (await world.client.listServed({}, call())).items.map(({ model }) => model).toSorted();
    assert.deepEqual(await names(), ['a', 'c']);
    await world.predict('b');
    assert.deepEqual(await names(), ['b', 'c']);
    await using small = await startWorld({ MLAB_PREDICTOR_MAX_MEMORY_BYTES: '1000' });
    small.put('large', forest(20, 6));
    await assert.rejects(small.predict('large'), {
      code: 'conflict',
      message: /reckoned to take \d+ bytes, and all models together may take 1000/,
    });
    await using short = await startWorld({ MLAB_PREDICTOR_MAX_MODEL_BYTES: '100' });
    short.put('large', forest(20, 6));
    await assert.rejects(short.predict('large'), { code: 'conflict', message: /at most 100 are loaded/ });
    assert.ok(!short.asked.some((what) => what.endsWith('model.onnx')), 'it was not even asked for');
  });

  test('to bring a model of 50,000 nodes, and to ask it for thirty thousand rows, leaves the loop to others: never 20 ms of work at once', async () => {
    const model = forest(100, 8);
    await using served = await serveAlone(model);
    const load = longestWork();
    const loaded = await served.models.open({ model: 'large' }, call());
    const [loading] = load();
    const columns = Object.fromEntries(
      Array.from({ length: 8 }, (_, at) => [`x${at}`, Float32Array.from({ length: 30_000 }, (_value, row) => ((row * 7 + at) % 97) / 97)]),
    );
    // What is compiled by the engine when it is first run is not what is looked for.
    await loaded.ask(Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values.slice(0, 2000)])), call());
    const work = longestWork();
    const outputs = await loaded.ask(columns, call());
    const [longest, all] = work();
    const whole = (await (await import('@mlab/onnx')).openScorer(model)).compiled?.score(columns);
    assert.deepEqual(outputs['value'], whole?.['value'], 'in slices it says the same as at once');
    assert.ok(all > 25, `${all} ms are too little to show anything`);
    assert.ok(longest < 20, `it worked for ${longest} ms of ${all} at once`);
    assert.ok(loading < 20, `it worked for ${loading} ms at once when the model was loaded`);
  });

  test('a worker that dies is replaced, and the model is quarantined when that happens too often; others go on', async () => {
    await using world = await startWorld({ MLAB_PREDICTOR_QUARANTINE_FAILURES: '2', MLAB_PREDICTOR_QUARANTINE_MS: '60000' });
    const before = await children();
    world.put('fragile', uncompiled());
    world.put('other', constant(1));
    await world.predict('other');
    for (let death = 1; death <= 2; death++) {
      assert.ok(Math.abs((await world.predict('fragile')).predictions[0].prediction - 0.8427) < 1e-3);
      const pid = await ownChild(before);
      const rows = Array.from({ length: 5000 }, () => ({ x: 1 }));
      process.kill(pid, 'SIGSTOP');
      const asked = world.predict('fragile', rows);
      await until(
        'the question is under way',
        async () => (await world.metric('mlab_model_questions_total{model="fragile",version="1",outcome="answered"}')) !== undefined,
      );
      process.kill(pid, 'SIGKILL');
      await assert.rejects(asked, { code: 'unavailable', retryAfter: 1 });
    }
    await assert.rejects(world.predict('fragile'), (error: AppError) => error.code === 'unavailable' && (error.retryAfter ?? 0) > 50);
    assert.equal((await world.listed('fragile')).state, 'quarantined');
    assert.equal(await world.metric('mlab_model_quarantines_total{model="fragile",version="1"}'), 1);
    assert.equal((await world.predict('other')).version, 1);
    assert.equal((await world.client.loadModel({ name: 'fragile' }, call())).state, 'ready');
    assert.equal((await world.predict('fragile')).version, 1);
  });

  test(
    'a process that takes more memory than it may is ended: who waits hears which bound, others go on, and the model is quarantined at last',
    { skip: process.platform !== 'linux' && 'within a run nobody else tells it' },
    async () => {
      await using world = await startWorld({
        MLAB_PREDICTOR_ORT_MEMORY_MB: '300',
        MLAB_PREDICTOR_QUARANTINE_FAILURES: '2',
        MLAB_PREDICTOR_QUARANTINE_MS: '60000',
      });
      world.put('greedy', filling());
      world.put('modest', uncompiled());
      const ask = (numbers: number): Promise<Json> => world.predict('greedy', [{ x: numbers }]);
      const refusal = {
        code: 'unavailable',
        message: /^The process in which ONNX Runtime computes had \d+ MiB of memory, may have 300, and was ended\.$/,
      };
      for (let death = 1; death <= 2; death++) {
        assert.equal((await ask(1_000_000)).predictions[0].prediction, 1_000_000);
        const [modest] = await Promise.all([world.predict('modest'), assert.rejects(ask(1_000_000_000), refusal)]);
        assert.equal(modest.version, 1);
      }
      await assert.rejects(ask(1), { code: 'unavailable', message: /in quarantine/ });
      assert.equal((await world.listed('greedy')).state, 'quarantined');
      assert.equal((await world.predict('modest')).version, 1);
      await world.client.loadModel({ name: 'greedy' }, call());
      assert.equal((await ask(5)).predictions[0].prediction, 5);
    },
  );

  test('a worker that does not answer in time is ended', async () => {
    await using world = await startWorld({ MLAB_PREDICTOR_ANSWER_TIMEOUT_MS: '300' });
    const before = await children();
    world.put('stalls', uncompiled());
    await world.predict('stalls');
    const pid = await ownChild(before);
    process.kill(pid, 'SIGSTOP');
    await assert.rejects(world.predict('stalls'), { code: 'deadline' });
    await until('its process has ended', async () => !(await children()).includes(pid));
    await until('another one answers', () =>
      world.predict('stalls').then(
        ({ version }) => version === 1,
        () => false,
      ),
    );
  });

  test('beyond what is answered at once some may wait, and others are refused', async () => {
    await using world = await startWorld({ MLAB_PREDICTOR_MAX_CONCURRENT: '1', MLAB_PREDICTOR_MAX_WAITING: '1' });
    const before = await children();
    world.put('busy', uncompiled());
    await world.predict('busy');
    const pid = await ownChild(before);
    process.kill(pid, 'SIGSTOP');
    const first = world.predict('busy');
    const second = world.predict('busy');
    await assert.rejects(
      until('a third is refused', async () => {
        await world.app.client.predictRows({ name: 'busy', rows: [{ x: 1 }] }, call());
        return false;
      }),
      { code: 'unavailable', message: /questions to this model are under way/, retryAfter: 1 },
    );
    process.kill(pid, 'SIGCONT');
    assert.equal((await first).version, 1);
    assert.equal((await second).version, 1);
  });
});

/** A model alone, its neighbours being functions: no request of the test itself is read or written on the same loop. */
async function serveAlone(file: Uint8Array) {
  const sha256 = createHash('sha256').update(file).digest('hex');
  const version = {
    ...shown,
    model: 'large',
    version: 1,
    location: 'x',
    createdAt: NOW,
    files: [{ path: 'm.onnx', size: file.length, sha256 }],
  };
  const body = async function* () {
    for (let at = 0; at < file.length; at += 65_536) {
      // As from a socket or a disk.
      await new Promise((resolve) => setImmediate(resolve));
      yield file.subarray(at, at + 65_536);
    }
  };
  const clients = {
    registry: { resolveAlias: async () => version },
    tracking: { getFile: async () => ({ contentType: 'application/octet-stream', body: body() }) },
  };
  const { metrics } = await openTelemetry({ service: 'predictor', version: '0', logger: openLog({ level: 'silent' }).logger, env: {} });
  return openServing({
    clients: clients as unknown as Parameters<typeof openServing>[0]['clients'],
    config: readConfig('predictor', config, {}),
    clock: systemClock,
    log: openLog({ level: 'silent' }).logger,
    metrics,
  });
}
