import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parquetReadObjects, type AsyncBuffer } from 'hyparquet';
import { AppError } from '@mlab/kernel';
import { readCsv } from './read-csv.ts';
import { call, log, openLoggingGateway, predicted, type GatewayApp, type LoggingGateway } from './logging-gateway.ts';

let gateways: LoggingGateway;
before(async () => {
  gateways = await openLoggingGateway();
});
after(() => gateways[Symbol.asyncDispose]());

const STRANGE = ['', 'a,b', 'say "hi"', 'two\r\nlines', '\0', '\ud83d half', ' padded ', '日本🐟', '=1+1', '-2', "@x'"];

async function download(app: GatewayApp, query: string): Promise<Buffer> {
  const answer = await fetch(`${app.url}/inputs/export?${query}`);
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}

interface Exported {
  readonly id: string;
  readonly data: string;
  readonly class?: string;
}

const bufferOf = (bytes: Buffer): AsyncBuffer => ({
  byteLength: bytes.length,
  slice: (start, end) => bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + (end ?? bytes.length)) as ArrayBuffer,
});

async function readParquet(bytes: Buffer): Promise<readonly Record<string, unknown>[]> {
  return parquetReadObjects({ file: bufferOf(bytes) });
}

test('NDJSON holds every input exactly, newest first', async () => {
  await using app = await gateways.start();
  for (const data of STRANGE) await log(app, data, true);
  const lines = (await download(app, 'format=ndjson')).toString().split('\n');
  assert.equal(lines.pop(), '');
  const { items } = await app.client.listInputs({ limit: 1000 }, call());
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    items,
  );
  assert.deepEqual(
    items.map(({ data }) => data),
    STRANGE.toReversed(),
  );
});

test('CSV comes back from any reader of RFC 4180, with formulas made harmless unless they are asked for', async () => {
  await using app = await gateways.start();
  for (const data of STRANGE) await log(app, data, true);
  const read = async (query: string): Promise<readonly string[]> => {
    return readCsv((await download(app, query)).toString())
      .map((record) => record['data'] ?? '')
      .toReversed();
  };
  const exact = STRANGE.map((text) => text.toWellFormed());
  assert.deepEqual(await read('format=csv&formulas=kept'), exact);
  assert.deepEqual(
    await read('format=csv'),
    exact.map((text) => (/^[=@-]/.test(text) ? `'${text}` : text)),
  );
  const answer = await fetch(`${app.url}/inputs/export?format=csv`);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/);
  assert.match(answer.headers.get('content-disposition') ?? '', /filename="inputs.csv"/);
  await answer.body?.cancel();
});

test('Parquet has a type for each column, and NULL where nothing is known', async () => {
  await using app = await gateways.start({}, ({ input }) => {
    if (input === 'a,b') throw new AppError('unavailable', 'B is away.');
    return predicted('cat', { model: 'pets', model_version: 'v2' });
  });
  for (const data of STRANGE) await log(app, data, true).catch(() => undefined);
  await log(app, 'only logged');
  const records = (await readParquet(await download(app, 'format=parquet'))).toReversed();
  assert.deepEqual(
    records.map(({ data }) => data),
    [...STRANGE, 'only logged'].map((text) => text.toWellFormed()),
  );
  const { items } = await app.client.listInputs({ limit: 1000 }, call());
  const [first, second] = items.toReversed();
  assert.deepEqual(
    { ...records[0], prediction: JSON.parse(records[0]?.['prediction'] as string) as unknown },
    { ...first, received_at: new Date(first?.received_at ?? ''), sha256: null, error: null },
  );
  assert.deepEqual(
    [records[1]?.['outcome'], records[1]?.['status'], records[1]?.['class'], records[1]?.['error']],
    ['failed', 503, null, second?.error],
  );
});

test('an empty log is an empty file of each format', async () => {
  await using app = await gateways.start();
  assert.equal((await download(app, 'format=ndjson')).length, 0);
  assert.equal((await download(app, 'format=csv')).toString().split('\r\n').length, 2);
  assert.deepEqual(await readParquet(await download(app, 'format=parquet')), []);
});

test('many pages make one file, in each format, and the filters hold for all of them', async () => {
  await using app = await gateways.start();
  const insert = 'INSERT INTO input (id, data, length, outcome, status, class, trace_id) SELECT';
  const id = `(lpad(to_hex(1700000000000 + n), 12, '0') || '700080000000' || lpad(to_hex(n), 8, '0'))::uuid`;
  await gateways.database.query(
    `${insert} ${id}, 'text ' || n, 8, 'predicted', 200, CASE n % 2 WHEN 0 THEN 'cat' ELSE 'dog' END, gen_random_uuid() FROM generate_series(1, 45000) n`,
  );
  const expected = Array.from({ length: 22_500 }, (_, index) => `text ${45_000 - 2 * index}`);
  const ndjson = (await download(app, 'format=ndjson&class=cat')).toString().split('\n').slice(0, -1);
  assert.deepEqual(
    ndjson.map((line) => (JSON.parse(line) as Exported).data),
    expected,
  );
  const csv = readCsv((await download(app, 'format=csv&class=cat')).toString());
  assert.deepEqual(
    csv.map((record) => record['data']),
    expected,
  );
  const parquet = await readParquet(await download(app, 'format=parquet&class=cat'));
  assert.deepEqual(
    parquet.map(({ data }) => data),
    expected,
  );
});

test('an export of much takes the memory of little', async () => {
  await using app = await gateways.start();
  const id = `(lpad(to_hex(1700000000000 + n), 12, '0') || '700080000000' || lpad(to_hex(n), 8, '0'))::uuid`;
  await gateways.database.query(
    `INSERT INTO input (id, data, length, outcome, trace_id) SELECT ${id}, repeat(md5(n::text), 31250), 1000000, 'logged', gen_random_uuid() FROM generate_series(1, 120) n`,
  );
  for (const format of ['ndjson', 'parquet'] as const) {
    const { body } = await app.client.exportInputs({ format, formulas: 'kept' }, call());
    let bytes = 0;
    let most = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      const { heapUsed, external } = process.memoryUsage();
      most = Math.max(most, heapUsed + external);
    }
    if (format === 'ndjson') assert.ok(bytes > 120_000_000);
    assert.ok(most < 400 * 1024 * 1024, `${format}: ${Math.round(most / 1024 / 1024)} MB at the most`);
  }
});

test('what is wrong with the question is answered as such, and not as a file', async () => {
  await using app = await gateways.start();
  for (const query of ['format=xml', 'from=never', 'formulas=maybe', 'status=lost']) {
    const answer = await fetch(`${app.url}/inputs/export?${query}`);
    assert.equal(answer.status, 422, query);
  }
});
