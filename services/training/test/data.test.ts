import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { TableColumn } from '@mlab/learning';
import type { DatasetColumn, DatasetDescription, ReadLimits, ReadOptions } from '#/data/dataset.ts';
import { openDuck } from '#/data/duck.ts';
import { fileSource, streamSource } from '#/data/file-source.ts';
import { openDataset } from '#/data/open-dataset.ts';
import { READ_LIMITS } from '#/data/dataset.ts';

let root = '';
let directory = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'data-test-'));
  directory = join(root, 'temporary');
  await mkdir(directory);
});
after(async () => {
  assert.deepEqual(await readdir(directory), [], 'nothing is left behind');
  await rm(root, { recursive: true });
});

type Content = string | Uint8Array;

interface Read {
  readonly description: DatasetDescription;
  readonly columns: ReadonlyMap<string, TableColumn>;
  readonly contentDigest: string;
}

const of = (name: string, content: Content) =>
  streamSource(name, async function* () {
    const bytes = Buffer.from(content as string);
    for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
  });

async function read(name: string, content: Content, options: ReadOptions = {}, limits: Partial<ReadLimits> = {}): Promise<Read> {
  await using dataset = await openDataset(of(name, content), { options, limits, directory, signal: AbortSignal.timeout(20_000) });
  const { table, contentDigest } = await dataset.readTable();
  return { description: dataset.description, columns: new Map(table.columns.map((column) => [column.name, column])), contentDigest };
}

async function refused(
  name: string,
  content: Content,
  expected: { code?: string; message: RegExp },
  options: ReadOptions = {},
  limits: Partial<ReadLimits> = {},
): Promise<void> {
  await assert.rejects(read(name, content, options, limits), { name: 'AppError', code: 'invalid', ...expected });
}

const values = (column: TableColumn | undefined): unknown[] =>
  column === undefined ? [] : column.kind === 'text' ? Array.from(column.codes, (code) => column.words[code]) : Array.from(column.values);
const typesOf = ({ columns }: DatasetDescription): Record<string, string> =>
  Object.fromEntries(columns.map(({ name, type }: DatasetColumn) => [name, type]));

const CSV = 'age,city,joined,member,size\n31,Rome,2024-02-29,true,1.5\n,Oslo,2024-03-01 12:30:00,false,?\n7,,NA,TRUE,-2e3\n';
const ROWS = [
  { age: 31, city: 'Rome', joined: '2024-02-29', member: true, size: 1.5 },
  { age: null, city: 'Oslo', joined: '2024-03-01 12:30:00', member: false, size: null },
  { age: 7, city: null, joined: null, member: true, size: -2000 },
];

function assertPeople({ columns }: Read): void {
  assert.deepEqual(values(columns.get('age')), [31, Number.NaN, 7]);
  assert.deepEqual(values(columns.get('city')), ['Rome', 'Oslo', undefined]);
  assert.deepEqual(values(columns.get('joined')), [Date.UTC(2024, 1, 29), Date.UTC(2024, 2, 1, 12, 30), Number.NaN]);
  assert.deepEqual(values(columns.get('member')), [1, 0, 1]);
  assert.deepEqual(values(columns.get('size')), [1.5, Number.NaN, -2000]);
}

describe('formats', () => {
  test('CSV, TSV, JSON and NDJSON, plain, gzip and zstd, say the same', async () => {
    const json = JSON.stringify(ROWS);
    const lines = `${ROWS.map((row) => JSON.stringify(row)).join('\n')}\n`;
    const files: Record<string, Content> = {
      'a.csv': CSV,
      'semicolons.txt': CSV.replaceAll(',', ';'),
      'a.tsv': CSV.replaceAll(',', '\t'),
      'returns.csv': CSV.replaceAll('\n', '\r'),
      'both.csv': CSV.replaceAll('\n', '\r\n'),
      'mixed.csv': CSV.replace('\n', '\r\n'),
      'mark.csv': `\ufeff${CSV}`,
      'utf-16.csv': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(CSV, 'utf16le')]),
      'utf-16-unmarked.csv': Buffer.from(CSV, 'utf16le'),
      'a.json': json,
      'lines.json': lines,
      'a.ndjson': lines,
      nameless: json,
      'a.csv.gz': gzipSync(CSV),
      'members.csv.gz': Buffer.concat([gzipSync(CSV.slice(0, 50)), gzipSync(CSV.slice(50))]),
      'a.json.zst': zstdCompressSync(json),
      'not-said': gzipSync(lines),
    };
    const digests = new Set<string>();
    for (const [name, content] of Object.entries(files)) {
      const answer = await read(name, content);
      assertPeople(answer);
      assert.equal(answer.description.digest, createHash('sha256').update(content).digest('hex'), name);
      digests.add(answer.contentDigest);
    }
    assert.equal(digests.size, 1, 'one content, one digest');
    assert.notEqual((await read('b.csv', CSV.replace('31', '32'))).contentDigest, [...digests][0]);
    assert.notEqual((await read('c.csv', 'a\nx\ny\nx\n')).contentDigest, (await read('c.csv', 'a\nx\ny\ny\n')).contentDigest);
  });

  test('Parquet, with its own types', async () => {
    const path = join(root, 'made.parquet');
    await makeParquet(
      path,
      "SELECT i AS a, 'w' || (i % 3) AS \"q\"\"uo;te', \", DATE '2024-01-01' + CAST(i AS INTEGER) AS d, i % 2 = 0 AS b, CAST(i AS DECIMAL(9, 2)) / 4 AS m, [i] AS l FROM range(5) t(i)",
    );
    await using dataset = await openDataset(fileSource(root, 'made.parquet'), { directory, signal: AbortSignal.timeout(20_000) });
    assert.equal(dataset.description.format, 'parquet');
    assert.deepEqual(typesOf(dataset.description), {
      a: 'integer',
      'q"uo;te\',': 'category',
      d: 'time',
      b: 'boolean',
      m: 'number',
      l: 'nested',
    });
    const { table } = await dataset.readTable(['a', 'q"uo;te\',', 'm']);
    assert.deepEqual(
      table.columns.map(({ name }) => name),
      ['a', 'q"uo;te\',', 'm'],
    );
    assert.deepEqual(values(table.columns[1]), ['w0', 'w1', 'w2', 'w0', 'w1']);
    assert.ok(table.columns.every((column) => (column.kind === 'text' ? column.codes : column.values).buffer instanceof SharedArrayBuffer));
    await assert.rejects(dataset.readTable(['l']), { code: 'invalid', message: /no column "l" that can be read/ });
  });

  test('words of many rows are read by their numbers, in the order in which they come first', async () => {
    const rows = Array.from({ length: 30_000 }, (_, row) => [['b', 'a', '', 'ü'][row % 4], `w${(row * 7919) % 30_000}`, row].join(','));
    const { columns } = await read('many.csv', `w,all,n\n${rows.join('\n')}\n`);
    const few = columns.get('w');
    assert.ok(few?.kind === 'text');
    assert.deepEqual(few.words, ['b', 'a', 'ü']);
    assert.deepEqual(values(few).slice(0, 5), ['b', 'a', undefined, 'ü', 'b']);
    assert.deepEqual(values(columns.get('all')).slice(-2), [`w${(29_998 * 7919) % 30_000}`, `w${(29_999 * 7919) % 30_000}`]);
    assert.equal(values(columns.get('n')).at(-1), 29_999);
  });
});

/** By a DuckDB of its own that may write. */
async function makeParquet(path: string, select: string): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

describe('types', () => {
  test('are what all values are', async () => {
    const rows = Array.from({ length: 60 }, (_, row) =>
      [row, row * 1.5, row % 2 === 0 ? 'yes' : 'no', `n ${row}`, 4, '', `0${row % 7}`, row % 3 === 0 ? 'inf' : '1'].join(','),
    );
    const { description } = await read('t.csv', `id,x,c,name,same,none,zip,far\n${rows.join('\n')}\n`);
    assert.deepEqual(typesOf(description), {
      id: 'identifier',
      x: 'number',
      c: 'category',
      name: 'identifier',
      same: 'constant',
      none: 'empty',
      zip: 'category',
      far: 'integer',
    });
    const byName = new Map(description.columns.map((column) => [column.name, column]));
    assert.deepEqual(byName.get('c'), { name: 'c', type: 'category', kind: 'text', missing: 0, distinct: 2, examples: ['yes', 'no'] });
    assert.match(byName.get('id')?.suggestion ?? '', /only names rows/);
    assert.equal(byName.get('none')?.missing, 60);
  });

  test('of a column that turns out to be another is text, and a note says why', async () => {
    const rows = Array.from({ length: 3000 }, (_, row) => (row === 2500 ? 'none at all' : String(row % 10)));
    const { description, columns } = await read('t.csv', `a,b\n${rows.map((a, row) => `${a},${row}`).join('\n')}\n`);
    assert.equal(columns.get('a')?.kind, 'text');
    assert.equal(columns.get('b')?.kind, 'number');
    assert.deepEqual(description.notes, ['"a" looks like a number, but row 2501 is "none at all", so that it is read as text.']);
  });

  test('can be said', async () => {
    const csv = 'price;code;on;when;mark\n1.234,5;007;1;2024-01-01T10:00:00+02:00;-\n-2,25;008;0;2024-01-01T10:00:00Z;x\n';
    const { columns } = await read('t.csv', csv, {
      columns: [
        { name: 'price', decimalComma: true },
        { name: 'code', type: 'number' },
        { name: 'on', type: 'boolean' },
        { name: 'mark', missing: ['-'] },
      ],
    });
    assert.deepEqual(values(columns.get('price')), [1234.5, -2.25]);
    assert.deepEqual(values(columns.get('code')), [7, 8]);
    assert.deepEqual([columns.get('on')?.kind, ...values(columns.get('on'))], ['boolean', 1, 0]);
    assert.deepEqual(values(columns.get('when')), [Date.UTC(2024, 0, 1, 8), Date.UTC(2024, 0, 1, 10)]);
    assert.deepEqual(values(columns.get('mark')), [undefined, 'x']);
    await refused(
      't.csv',
      csv,
      { message: /^Row 1 of "price" is "1\.234,5", which is no number; so are 2 rows in all\.$/ },
      { columns: [{ name: 'price', type: 'number' }] },
    );
    await refused('t.csv', csv, { message: /no column "prize"/ }, { columns: [{ name: 'prize' }] });
  });

  test('times are written in several ways', async () => {
    const csv =
      'iso,us,short,dots,slashes\n2024-03-01T10:30:00.5Z,Mar 1 2024,1-Mar-2024,1.3.2024 10:30,03/01/2024\n2024/03/02,"March 2, 2024",2 March 2024,02.03.2024,03/02/2024\n';
    const { columns } = await read('t.csv', csv);
    const days = [Date.UTC(2024, 2, 1), Date.UTC(2024, 2, 2)] as const;
    assert.deepEqual(values(columns.get('iso')), [days[0] + 37_800_500, days[1]]);
    for (const name of ['us', 'short']) assert.deepEqual(values(columns.get(name)), days, name);
    assert.deepEqual(values(columns.get('dots')), [days[0] + 37_800_000, days[1]]);
    assert.equal(columns.get('slashes')?.kind, 'text');
  });

  test('of JSON: objects are left out, mixed values are text, times have zones', async () => {
    const { description, columns } = await read(
      't.json',
      '[{"o":{"a":1},"m":1,"t":"2024-01-01T10:00:00+02:00","__proto__":1,"l":1},{"m":"x","t":"2024-01-01T10:00:00Z","extra":2,"l":[2]}]',
    );
    assert.deepEqual([...columns.keys()], ['m', 't', '__proto__', 'extra']);
    assert.deepEqual(values(columns.get('m')), ['1', 'x']);
    assert.deepEqual(values(columns.get('t')), [Date.UTC(2024, 0, 1, 8), Date.UTC(2024, 0, 1, 10)]);
    assert.deepEqual([typesOf(description)['o'], typesOf(description)['l']], ['nested', 'nested']);
  });
});

describe('names of columns', () => {
  test('that are doubled, empty, long or strange', async () => {
    const long = 'n'.repeat(500);
    const { description, columns } = await read(
      't.csv',
      `a,a,,__proto__,"new\nline",${long},a_2,"x""; DROP TABLE data; --",ключ\n1,2,3,4,5,6,7,8,9\n`,
    );
    assert.deepEqual(
      description.columns.map(({ name }) => name),
      ['a', 'a_3', 'column_3', '__proto__', 'new line', `${'n'.repeat(199)}…`, 'a_2', 'x"; DROP TABLE data; --', 'ключ'],
    );
    assert.deepEqual(
      description.columns.map(({ nameInFile }) => nameInFile?.length),
      [undefined, 1, 0, undefined, 8, 200, undefined, undefined, undefined],
    );
    assert.deepEqual(
      [...columns.values()].map((column) => values(column)[0]),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  });

  test('where there is no header', async () => {
    assert.deepEqual([...(await read('t.csv', '1,x\n2,y\n')).columns.keys()], ['column_1', 'column_2']);
    assert.deepEqual([...(await read('t.csv', 'a,b\nc,d\n', { header: false })).columns.keys()], ['column_1', 'column_2']);
    assert.deepEqual(values((await read('t.csv', '1,2\n')).columns.get('column_2')), [2]);
    assert.deepEqual([...(await read('t.csv', '2019,2020\nx,y\n')).columns.keys()], ['2019', '2020']);
  });

  test('10,000 columns', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `c${index}`);
    const row = (of: number): string => names.map((_, index) => (index === 17 ? 'ab'[of] : index * of)).join(',');
    const { columns } = await read('wide.csv', `${names.join(',')}\n${row(0)}\n${row(1)}\n`);
    assert.equal(columns.size, 10_000);
    assert.deepEqual(
      [values(columns.get('c9999')), values(columns.get('c17'))],
      [
        [0, 9999],
        ['a', 'b'],
      ],
    );
  });
});

describe('encodings', () => {
  test('Latin-1 is noticed, or said', async () => {
    const { description, columns } = await read('t.csv', Buffer.from('stadt,n\nZürich,1\n', 'latin1'));
    assert.deepEqual(values(columns.get('stadt')), ['Zürich']);
    assert.equal(description.encoding, 'latin-1');
    assert.match(description.notes.join(), /no UTF-8 \(the first time in line 2\)/);
    assert.deepEqual(values((await read('t.csv', 'a,b\nü,1\n', { encoding: 'latin-1' })).columns.get('a')), ['Ã¼']);
  });

  test('two encodings in one file are refused, with the line, or replaced', async () => {
    const mixed = Buffer.concat([Buffer.from('a,b\nü,1\nx,2\n'), Buffer.from('é,3\n', 'latin1')]);
    await refused('t.csv', mixed, { message: /^Line 4 has the byte 0xE9, which is no UTF-8, while line 2 is;/ });
    const { description, columns } = await read('t.csv', mixed, { replaceInvalid: true });
    assert.deepEqual(values(columns.get('a')), ['ü', 'x', '\ufffd']);
    assert.match(description.notes.join(), /^1 lines have bytes that are no UTF-8/);
    await refused(
      't.csv',
      Buffer.from('a\né\n', 'latin1'),
      { message: /^Line 2 has the byte 0xE9, which is no UTF-8;/ },
      { encoding: 'utf-8' },
    );
  });

  test('a character between two chunks is whole', async () => {
    const text = `a,b\n${'x'.repeat(99_990)},1\nüü😀ü,2\n`;
    for (const shift of [0, 1, 2, 3]) {
      const { columns, description } = await read('t.csv', `${' '.repeat(shift)}${text}`);
      assert.equal(values([...columns.values()][0])[1], 'üü😀ü');
      assert.equal(description.encoding, 'utf-8');
    }
  });
});

describe('files that cannot be read', () => {
  test('are refused with the line, what was expected, and what came', async () => {
    await refused('t.csv', 'a,b\n1,2\n3\n', { message: /^Line 3 cannot be read: it has 1 fields, and 2 were expected\.$/ });
    await refused('t.csv', 'a,b\n1,2\n3,4,5\n', { message: /^Line 3 cannot be read: it has 3 fields, and 2 were expected\.$/ });
    await refused('t.csv', 'a,b\n1,2\n3,"x\n4,5\n', { message: /quote that does not end/ });
    await refused('t.csv', '"a,b\n1,2\n', { message: /quote that does not end/ });
    await refused('t.csv', 'a,b\n', { message: /^The file has 2 columns and no row\.$/ });
    await refused('t.csv', '', { message: /"t.csv" is empty/ });
    await refused('t.csv', ' \n\n', { message: /"t.csv" is empty/ });
    await refused('t.csv', 'a,b\n1,\0\n', { message: /^Line 2 has a byte of value 0/ });
    await refused('t.csv', Buffer.from([1, 2, 3, 200, 201, 255, 254, 10, 7, 130]), { message: /no text file/ });
    await refused('t.json', '{"a":1}', { message: /array of objects/ }, { format: 'json' });
    await refused('t.json', '[{"a":1},{"a":', { message: /cannot be read/ });
    for (const content of ['[1,2]', '[]', '[{}]']) await refused('t.json', content, { message: /not made of objects/ });
    for (const deep of [`[{"a":${'['.repeat(200_000)}`, `[${'{"a":'.repeat(200_000)}1`]) {
      await refused('t.json', deep, { message: /^Line 1 has lists or objects within each other more than 64 deep/ });
    }
    assert.equal((await read('t.json', `[{"a":${'['.repeat(60)}${']'.repeat(60)},"b":"[[[\\"[["}]`)).description.rows, 1);
    await refused('t.ndjson', '{"a":1}\n{"a":\n', { message: /^Line 3 cannot be read: it is no whole JSON \(unexpected end of data\)\.$/ });
    await refused('t.xlsx', Buffer.from([0x50, 0x4b, 3, 4, 5]), { message: /zip archive/ });
    await refused('t.parquet', 'a,b\n', { message: /no Parquet file/ });
    await refused('t.csv.gz', gzipSync(CSV).subarray(0, 40), { message: /not whole/ });
    await refused('t.csv', 'a;b\n1;2\n', { message: /delimiter has to be one character/ }, { delimiter: ';;' });
  });

  test('a Parquet file that is cut', async () => {
    const path = join(root, 'cut.parquet');
    await makeParquet(path, 'SELECT range AS a FROM range(1000)');
    const { readFile } = await import('node:fs/promises');
    const bytes = await readFile(path);
    for (const length of [4, 12, Math.floor(bytes.length / 2), bytes.length - 1])
      await refused('cut.parquet', bytes.subarray(0, length), { message: /cannot be read/ });
    const broken = Buffer.from(bytes);
    broken.fill(0xff, 4, bytes.length - 8);
    await refused('broken.parquet', broken, { message: /cannot be read/ });
  });

  test('one row is a table', async () => {
    const { description, columns } = await read('t.csv', 'a,b\n1,x');
    assert.equal(description.rows, 1);
    assert.deepEqual([values(columns.get('a')), values(columns.get('b'))], [[1], ['x']]);
  });
});

describe('limits', () => {
  const large = (message: RegExp): { code: string; message: RegExp } => ({ code: 'too_large', message });

  test('of bytes, of what a bomb unpacks to, of rows, columns and values', async () => {
    await refused('t.csv', CSV, large(/larger than 20 bytes/), {}, { maxBytes: 20 });
    const bomb = gzipSync(Buffer.alloc(50_000_000, 'a,b\n1,2\n'));
    assert.ok(bomb.length < 100_000);
    await refused('t.csv.gz', bomb, large(/unpacks to more than 1000000 bytes/), {}, { maxPlainBytes: 1_000_000 });
    await refused('t.csv', CSV, large(/3 rows; the limit is 2/), {}, { maxRows: 2 });
    await refused('t.csv', CSV, large(/5 columns; the limit is 4/), {}, { maxColumns: 4 });
    await refused('t.json', JSON.stringify(ROWS), large(/5 columns; the limit is 4/), {}, { maxColumns: 4 });
    await refused('t.csv', CSV, large(/3 rows of 5 columns/), {}, { maxCells: 14 });
    const path = join(root, 'many.parquet');
    await makeParquet(path, 'SELECT 1 AS a FROM range(3000000)');
    await using many = await openDataset(fileSource(root, 'many.parquet'), {
      directory,
      signal: AbortSignal.timeout(20_000),
      limits: { maxRows: 10 },
    }).catch((error: unknown) => {
      assert.match(String(error), /3000000 rows; the limit is 10/);
      return { [Symbol.asyncDispose]: async () => undefined };
    });
    assert.ok(!('description' in many));
  });

  test('of memory', async () => {
    const rows = Array.from({ length: 200_000 }, (_, row) => `some longer text ${row},another one ${row * 7}`);
    await refused('t.csv', `a,b\n${rows.join('\n')}\n`, large(/does not fit into the memory/), {}, { memoryMiB: 1 });
  });

  test('of time: the signal ends it', async () => {
    const controller = new AbortController();
    const source = streamSource('t.csv', async function* () {
      yield Buffer.from('a,b\n');
      controller.abort(new Error('enough'));
      yield Buffer.from('1,2\n');
    });
    await assert.rejects(openDataset(source, { directory, signal: controller.signal }), /enough/);
    await using duckSignal = new AsyncDisposableStack();
    const stop = new AbortController();
    const duck = duckSignal.use(await openDuck({ files: [], folder: directory, limits: READ_LIMITS, signal: stop.signal }));
    const endless = duck.run('SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range % 7 = b.range % 11');
    setTimeout(() => stop.abort(new Error('late')), 50);
    await assert.rejects(endless, /late/);
  });
});

describe('what is not to be read', () => {
  const open = (path: string) => openDataset(fileSource(root, path), { directory, signal: AbortSignal.timeout(10_000) });

  test('paths that lead out, patterns, addresses, devices, pipes and folders', async () => {
    const secret = await mkdtemp(join(tmpdir(), 'data-secret-'));
    await writeFile(join(secret, 'secret.csv'), 'a\n1\n');
    await symlink(join(secret, 'secret.csv'), join(root, 'link.csv'));
    await symlink(secret, join(root, 'linked'));
    await symlink('/dev/zero', join(root, 'zero.csv'));
    await writeFile(join(root, 'fine.csv'), 'a\n1\n2\n');
    await symlink('fine.csv', join(root, 'inside.csv'));
    await mkdir(join(root, 'folder.csv'));
    execFileSync('mkfifo', [join(root, 'pipe.csv')]);
    for (const [path, message] of [
      ['../x.csv', /has "\.\."/],
      ['a/../../x.csv', /has "\.\."/],
      ['/etc/passwd', /is absolute/],
      ['C:\\x.csv', /is absolute|is an address/],
      ['https://example.com/x.csv', /is an address/],
      ['s3://bucket/x.csv', /is an address/],
      ['*.csv', /is a pattern/],
      ['', /is empty/],
      ['a\0.csv', /is empty or has a zero byte/],
      ['link.csv', /leads out/],
      ['linked/secret.csv', /leads out/],
      ['zero.csv', /leads out/],
      ['folder.csv', /is no plain file/],
      ['pipe.csv', /is no plain file/],
    ] as const) {
      await assert.rejects(open(path), { code: 'invalid', message }, path);
    }
    await assert.rejects(open('absent.csv'), { code: 'not_found' });
    await using dataset = await open('inside.csv');
    assert.equal(dataset.description.rows, 2);
    await rm(secret, { recursive: true });
  });

  test('DuckDB reads the file that it was given and nothing else', async () => {
    await writeFile(join(root, 'given.csv'), 'a\n1\n');
    await writeFile(join(root, 'other.csv'), 'a\n1\n');
    const given = join(root, 'given.csv');
    await using stack = new AsyncDisposableStack();
    const duck = stack.use(await openDuck({ files: [given], folder: directory, limits: READ_LIMITS, signal: AbortSignal.timeout(10_000) }));
    assert.equal((await duck.rows(`SELECT * FROM read_csv('${given}')`)).length, 1);
    for (const sql of [
      `SELECT * FROM read_csv('${join(root, 'other.csv')}')`,
      `SELECT * FROM read_text('/etc/passwd')`,
      `SELECT * FROM glob('${root}/*')`,
      `COPY (SELECT 1) TO '${join(root, 'written.csv')}'`,
      `ATTACH '${join(root, 'new.db')}'`,
      'INSTALL httpfs',
      'LOAD httpfs',
      'SET enable_external_access = true',
      "SET memory_limit = '100GB'",
      `EXPORT DATABASE '${root}/out'`,
    ]) {
      await assert.rejects(duck.rows(sql), sql);
    }
  });
});
