/** How `mlab predict` reads rows; what comes of them is in tests/examples/demo.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { cellValue } from '../../apps/cli/src/predict/cell-value.ts';
import { delimitedRows } from '../../apps/cli/src/predict/rows/delimited-rows.ts';
import { jsonRows } from '../../apps/cli/src/predict/rows/json-rows.ts';
import { unpackLz4 } from '../../apps/cli/src/predict/rows/lz4.ts';
import { parquetRows } from '../../apps/cli/src/predict/rows/parquet-rows.ts';
import { parquetOf } from './parquet-of.ts';

test('rows are the same in whatever pieces they come, and their lines are counted', async () => {
  const tables: readonly (readonly [string, readonly (readonly [string, ...string[]])[]])[] = [
    [
      'a,b\n1,2\n3,4',
      [
        ['line 2', '1', '2'],
        ['line 3', '3', '4'],
      ],
    ],
    [
      'a,b\r\n1,"x,\r\ny"\r\n\r\n3,"q""q"\r\n',
      [
        ['line 2', '1', 'x,\r\ny'],
        ['line 5', '3', 'q"q'],
      ],
    ],
    ['a;b\r"1";\r', [['line 2', '1', '']]],
    ['a\tb\nx"y\tz\n', [['line 2', 'x"y', 'z']]],
  ];
  const objects: typeof tables = [
    [
      '{"a":"}]\\""}\n\n{"a":"2"}',
      [
        ['line 1', '}]"'],
        ['line 3', '2'],
      ],
    ],
    [
      '[\n{"a":"1"},{"a":"2"}\n]\n',
      [
        ['line 2', '1'],
        ['line 2', '2'],
      ],
    ],
    ['[]', []],
  ];
  for (const [text, wanted] of [...tables, ...objects])
    for (const size of [1, 2, 3, 1000]) {
      const { batches } = tables.some(([table]) => table === text)
        ? await delimitedRows('t', pieces(text, size))
        : jsonRows('t', pieces(text, size));
      const rows = (await Array.fromAsync(batches)).flat();
      assert.deepEqual(
        rows.map(({ place, values }) => [place.replace('t, ', ''), ...Object.values(values)]),
        wanted,
        `${text} by ${size}`,
      );
    }
});

async function* pieces(text: string, size: number): AsyncGenerator<string, void, void> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

test('values of Parquet are those that training reads, row group for row group, however they are packed', async () => {
  const day = new Date('2024-01-31T10:30:00.000Z');
  const columns = [
    ['whole', [1n, -2n, null], 'INT64'],
    ['half', [0.5, Number.NaN, null], 'DOUBLE'],
    ['word', ['a', 'NA', null], 'STRING'],
    ['yes', [true, false, null], 'BOOLEAN'],
    ['at', [day, day, null], 'TIMESTAMP'],
  ] as const;
  const wanted = [
    { whole: 1, half: 0.5, word: 'a', yes: true, at: '2024-01-31T10:30:00.000Z' },
    { whole: -2, half: null, word: 'NA', yes: false, at: '2024-01-31T10:30:00.000Z' },
    { whole: null, half: null, word: null, yes: null, at: null },
  ];
  const read = async (bytes: Uint8Array) => {
    const { buffer } = new Uint8Array(bytes);
    const { columns: names, batches } = await parquetRows('t', { byteLength: bytes.length, slice: (from, to) => buffer.slice(from, to) });
    const rows = (await Array.fromAsync(batches)).flat();
    return { names, places: rows.map(({ place }) => place), values: rows.map(({ values }) => values) };
  };
  for (const codec of ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'BROTLI']) {
    const { names, places, values } = await read(parquetOf(columns, codec));
    assert.deepEqual(names, ['whole', 'half', 'word', 'yes', 'at']);
    assert.deepEqual(places, ['t, row 1', 't, row 2', 't, row 3']);
    assert.deepEqual(values, wanted, codec);
  }
  const schema: SchemaElement[] = [
    { name: 'root', num_children: 2 },
    { name: 'price', type: 'INT32', converted_type: 'DECIMAL', scale: 1, precision: 9, repetition_type: 'REQUIRED' },
    { name: 'clock', type: 'INT64', converted_type: 'TIME_MICROS', repetition_type: 'REQUIRED' },
  ];
  const columnData = [
    { name: 'price', data: [0.3, 2.3] },
    { name: 'clock', data: [29_100_250_000n, 0n] },
  ];
  // Three tenths are three times a tenth only on paper.
  assert.deepEqual((await read(new Uint8Array(parquetWriteBuffer({ columnData, schema })))).values, [
    { price: 0.3, clock: '08:05:00.25' },
    { price: 2.3, clock: '00:00:00' },
  ]);
  const many = await read(parquetOf([['id', Array.from({ length: 2500 }, (_, row) => row)]]));
  assert.deepEqual([many.values.length, many.values[2499], many.places[2499]], [2500, { id: 2499 }, 't, row 2500']);
  await assert.rejects(read(parquetOf(columns).subarray(0, 200)), /^CliError: t cannot be read as Parquet: file invalid/);
  const broken = parquetOf([['id', Array.from({ length: 100 }, Math.random)]], 'GZIP');
  broken.fill(255, 30, 200);
  await assert.rejects(read(broken), /^CliError: t cannot be read as Parquet, rows 1 to 100, column "id": /);
});

test('a block of LZ4 is unpacked, also where what it repeats overlaps; a broken one is said to be', () => {
  // "abc", then nine from three before, then "!".
  const block = [0x35, 0x61, 0x62, 0x63, 0x03, 0x00, 0x10, 0x21];
  assert.equal(Buffer.from(unpackLz4(Uint8Array.from(block), 13)).toString(), 'abcabcabcabc!');
  const long = [0xf0, 0x05, ...Array.from({ length: 20 }, () => 0x78)];
  assert.equal(Buffer.from(unpackLz4(Uint8Array.from(long), 20)).toString(), 'x'.repeat(20));
  for (const wrong of [
    block.slice(0, 5),
    [0x35, 0x61, 0x62, 0x63, 0x09, 0x00, 0x10, 0x21],
    [0x35, 0x61, 0x62, 0x63, 0x00, 0x00],
    [0xf0, 0xff],
  ])
    assert.throws(() => unpackLz4(Uint8Array.from(wrong), 13), /the block of LZ4/, wrong.join());
  assert.throws(() => unpackLz4(Uint8Array.from(block), 5), /broken/);
});

test('cells are what the model says, or what they cannot be is said', () => {
  const reader =
    (kind: 'number' | 'integer' | 'boolean' | 'text' | 'time') =>
    (cell: string, mayBeUnknown = true): unknown => {
      const read = cellValue(cell, { kind, mayBeUnknown });
      return 'value' in read ? read.value : read.problem;
    };
  const [number, integer, boolean, text, time] = [reader('number'), reader('integer'), reader('boolean'), reader('text'), reader('time')];
  assert.deepEqual(
    [number(' 1.5 '), number('-2e3'), number('NA'), number(''), integer('7'), integer('7.0')],
    [1.5, -2000, null, null, 7, 7],
  );
  assert.deepEqual(
    [boolean('True'), boolean('no'), boolean('1'), text(' a '), text('?'), text('', false)],
    [true, false, true, ' a ', null, ''],
  );
  for (const [kind, cell] of [
    [number, '1,5'],
    [number, '0x10'],
    [number, '1e999'],
    [integer, '7.5'],
    [boolean, 'maybe'],
    [time, '1/2/2024'],
    [time, '2024-02-30'],
    [time, '2024-01-01 25:00'],
  ] as const)
    assert.match(String(kind(cell)), / is expected, and ".*" came$/, cell);
  assert.match(String(number('', false)), /a number is expected, and nothing came: the model takes no unknown values here$/);
  const moment = '2024-01-31T10:30:00.000Z';
  for (const cell of [
    '2024-01-31T10:30:00Z',
    '2024-01-31 12:30:00+02:00',
    '2024/1/31 10:30',
    '31.1.2024 10:30',
    '31-Jan-2024 10:30',
    'Jan 31 2024 10:30',
    'January 31, 2024 10:30',
  ])
    assert.equal(time(cell), moment, cell);
  assert.equal(time('2024-01-31'), '2024-01-31T00:00:00.000Z');
});
