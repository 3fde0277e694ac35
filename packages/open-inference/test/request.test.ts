import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import type { ForeignAnswer } from '@mlab/kernel';
import { AppError } from '@mlab/kernel/errors';
import type { Port } from '@mlab/onnx';
import {
  classify,
  columnsOf,
  compress,
  decompress,
  encodingFor,
  readRequest,
  writeResponse,
  type Datatype,
  type InferRequest,
  type OutputTensor,
  type Ports,
} from '@mlab/open-inference';

const port = (name: string, type: Port['type'], ...shape: NonNullable<Port['shape']>): Port => ({ name, type, shape, classes: undefined });
const ports: Ports = {
  model: 'churn',
  inputs: [port('x', 'float', undefined, 2), port('plan', 'string', undefined)],
  outputs: [port('label', 'int64', undefined), port('p', 'float', undefined, 3)],
};

const invalid = (message: string | RegExp) => ({ name: 'AppError', code: 'invalid', message });
const read = (document: unknown): InferRequest => readRequest(Buffer.from(JSON.stringify(document)), undefined, ports);
const one = (datatype: Datatype, data: unknown, shape: unknown = [Array.isArray(data) ? data.length : 1]): unknown =>
  Array.from<unknown>(read({ inputs: [{ name: 'x', datatype, shape, data }] }).inputs[0]?.data as ArrayLike<unknown>);

/** JSON, and bytes behind it. */
function binary(document: unknown, ...parts: readonly Uint8Array[]): [body: Buffer, headerLength: string] {
  const header = Buffer.from(JSON.stringify(document));
  return [Buffer.concat([header, ...parts]), String(header.length)];
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

suite('JSON', () => {
  test('has values of all datatypes, nested as the shape says or flat', () => {
    assert.deepEqual(one('FP32', [1, 2.5, -3e38]), [1, 2.5, -3e38]);
    const nested = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    assert.deepEqual(one('FP64', nested, [3, 2]), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(one('FP64', [1, 2, 3, 4, 5, 6], [3, 2]), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(one('FP64', [[], []], [2, 0]), []);
    assert.deepEqual(one('FP64', 7, []), [7]);
    assert.deepEqual(one('FP16', [1, 0.1]), [1, 0.0999755859375]);
    assert.deepEqual(one('BOOL', [true, false, 1, 0]), [1, 0, 1, 0]);
    assert.deepEqual(one('BYTES', ['a', '€', '']), ['a', '€', '']);
    assert.deepEqual(one('INT8', [-128, 127]), [-128, 127]);
    assert.deepEqual(one('UINT8', [0, 255]), [0, 255]);
    assert.deepEqual(one('UINT32', [4294967295]), [4294967295]);
    assert.deepEqual(one('INT64', [-1, 0]), [-1n, 0n]);
  });

  test('has integers of 64 bits exactly, and unknown numbers as null or as Python writes them', () => {
    const text = (datatype: Datatype, data: string): unknown => {
      const body = `{"id":"9007199254740993 NaN","inputs":[{"name":"x","datatype":"${datatype}","shape":[3],"data":${data}}]}`;
      const { id, inputs } = readRequest(Buffer.from(body), undefined, ports);
      assert.equal(id, '9007199254740993 NaN');
      return Array.from<unknown>(inputs[0]?.data as ArrayLike<unknown>);
    };
    assert.deepEqual(text('INT64', '[9007199254740993, -9223372036854775808,1]'), [9007199254740993n, -9223372036854775808n, 1n]);
    assert.deepEqual(text('UINT64', '[18446744073709551615,0,9007199254740991]'), [18446744073709551615n, 0n, 9007199254740991n]);
    assert.throws(
      () => text('INT64', '[9223372036854775808,0,0]'),
      invalid('x has to be an integer of INT64; value 0 is 9223372036854775808.'),
    );
    assert.throws(() => text('INT64', '[1,1.5,0]'), invalid('x has to be an integer of INT64; value 1 is 1.5.'));
    assert.deepEqual(text('FP64', '[NaN, -Infinity, Infinity]'), [NaN, -Infinity, Infinity]);
    assert.deepEqual(text('FP32', '[null, 1, 2]'), [NaN, 1, 2]);
    assert.deepEqual(text('BYTES', '["NaN", "\\"", "Infinity"]'), ['NaN', '"', 'Infinity']);
  });

  test('is refused by the name of the tensor and what came', () => {
    for (const [datatype, data, shape, message] of [
      ['FP32', ['1'], [1], 'x has to be a number (FP32); value 0 is "1".'],
      ['FP32', [1, 1e39], [2], 'x has to be a number that FP32 can hold; value 1 is 1e+39.'],
      ['FP16', [65520], [1], 'x has to be a number that FP16 can hold; value 0 is 65520.'],
      ['INT8', [128], [1], 'x has to be an integer of INT8; value 0 is 128.'],
      ['UINT16', [-1], [1], 'x has to be an integer of UINT16; value 0 is -1.'],
      ['INT32', [null], [1], 'x has to be an integer of INT32; value 0 is null.'],
      ['INT32', [0.5], [1], 'x has to be an integer of INT32; value 0 is 0.5.'],
      ['INT64', ['1'], [1], 'x has to be an integer of INT64; value 0 is "1".'],
      ['BOOL', [2], [1], 'x has to be true or false (BOOL); value 0 is 2.'],
      ['BYTES', [1], [1], 'x has to be a string (BYTES); value 0 is 1.'],
      ['FP32', [1, 2], [3], 'x has 2 values, and its shape [3] has room for 3.'],
      ['FP32', [1], [2 ** 31], 'x has 1 values, and its shape [2147483648] has room for 2147483648.'],
      ['FP32', [[1, 2], [3]], [2, 2], 'The data of x is not nested as its shape [2,2] says: a list of dimension 1 has 1 items.'],
      ['FP32', [[1, 2], 3], [2, 2], 'The data of x is not nested as its shape [2,2] says: dimension 0 has 3.'],
      ['FP32', [[1], [2]], [1, 2], 'The data of x is not nested as its shape [1,2] says: a list of dimension 0 has 2 items.'],
      ['FP32', [[[1]]], [1, 1], 'x has to be a number (FP32); value 0 is a list.'],
      ['FP32', [[1]], [], /not nested as its shape \[\] says/],
      ['FP32', undefined, [1], 'The data of x has to be a list, and is missing.'],
      ['FP32', { 0: 1 }, [1], 'The data of x has to be a list, and is an object.'],
      ['FP32', [1], [-1], /^The shape of x has to be a list of integers from 0 on, and has -1/],
      ['BF16', [1], [1], /^The datatype of x has to be one of BOOL, .*, and is "BF16"\.$/],
      ['__proto__', [1], [1], /^The datatype of x has to be one of/],
    ] as const)
      assert.throws(() => one(datatype as Datatype, data, shape), invalid(message));
  });

  test('that is no request is refused', () => {
    const tensor = { name: 'x', datatype: 'FP32', shape: [1], data: [1] };
    for (const [document, message] of [
      [[], 'The request has to be a JSON object, and is a list.'],
      [null, 'The request has to be a JSON object, and is null.'],
      [{}, 'inputs has to be a list of tensors, and is missing.'],
      [{ inputs: {} }, 'inputs has to be a list of tensors, and is an object.'],
      [{ inputs: [1] }, 'inputs[0] has to be a tensor, and is a number.'],
      [{ inputs: [{}] }, 'The name of inputs[0] has to be a string, and is missing.'],
      [{ id: 5, inputs: [] }, 'id has to be a string, and is 5.'],
      [{ inputs: [], parameters: [] }, 'The parameters of the request have to be an object, and are a list.'],
      [
        { inputs: [], parameters: { a: {} } },
        'The parameter a of the request has to be a string, a number or a boolean, and is an object.',
      ],
      [
        { inputs: [], parameters: { binary_data_output: 1 } },
        'The parameter binary_data_output of the request has to be true or false, and is 1.',
      ],
      [{ inputs: [tensor], outputs: [{ name: 'y' }] }, 'y is no output of churn, which gives label, p.'],
      [{ inputs: [tensor], outputs: [{}] }, 'The name of outputs[0] has to be a string, and is missing.'],
      [{ inputs: [tensor], outputs: 'p' }, 'outputs has to be a list, and is a string.'],
      [{ inputs: [tensor], outputs: [{ name: 'p' }, { name: 'p' }] }, 'The output p is asked for twice.'],
      [
        { inputs: [tensor], outputs: [{ name: 'label', parameters: { classification: 1 } }] },
        'The output label cannot be given as classes: it is of INT64.',
      ],
      [
        { inputs: [{ ...tensor, parameters: { shared_memory_region: 'a' } }] },
        'x lies in shared memory, which is not served: send its values.',
      ],
      [{ inputs: [{ ...tensor, parameters: { binary_data_size: 4 } }] }, 'x has both data and a binary_data_size.'],
      [
        { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], parameters: { binary_data_size: 4 } }] },
        'x has a binary_data_size, and the request no Inference-Header-Content-Length.',
      ],
    ] as const)
      assert.throws(() => read(document), invalid(message));
    for (const body of ['', '{', '{"inputs":[NaN]', '\u{feff}{}', '{"a":"NaN', `{"INT64":1234567890123456${'['.repeat(100_000)}`])
      assert.throws(() => readRequest(Buffer.from(body), undefined, ports), { code: 'malformed' }, body.slice(0, 40));
    assert.throws(() => readRequest(Buffer.from('7b22ff223a317d', 'hex'), undefined, ports), {
      message: 'The request is not JSON: it is not UTF-8.',
    });
    // Nested deeper than a stack is: with integers that are read exactly, and without.
    for (const digits of ['1', '1234567890123456789']) {
      const deep = `{"inputs":[{"name":"x","datatype":"INT64","shape":[1],"data":[${digits},${'['.repeat(200_000)}${']'.repeat(200_000)}]}]}`;
      assert.throws(() => readRequest(Buffer.from(deep), undefined, ports), AppError);
    }
  });

  test('that is no JSON is refused in a time that grows with its length only', () => {
    const body = Buffer.from(`NaN "${'\\"'.repeat(2_000_000)}`);
    const began = performance.now();
    assert.throws(() => readRequest(body, undefined, ports), { code: 'malformed' });
    assert.ok(performance.now() - began < 2000);
  });
});

suite('binary tensors', () => {
  const x = (size: number, name = 'x'): object => ({ name, datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: size } });
  const plan = { name: 'plan', datatype: 'BYTES', shape: [1], data: ['a'] };

  test('stand behind the JSON in the order of the inputs, mixed with those in it', () => {
    const request = readRequest(
      ...binary({ id: '7', inputs: [x(8), plan, x(8, 'z')], parameters: { binary_data_output: true } }, floats(1, 2), floats(3, NaN)),
      ports,
    );
    assert.deepEqual(
      request.inputs.map(({ data }) => Array.from<unknown>(data)),
      [[1, 2], ['a'], [3, NaN]],
    );
    assert.deepEqual(request.outputs, [
      { name: 'label', binary: true, classes: undefined },
      { name: 'p', binary: true, classes: undefined },
    ]);
  });

  test('are answered where they are asked for: for all outputs, or for some', () => {
    const outputs = [{ name: 'p' }, { name: 'label', parameters: { binary_data: false } }];
    const binaries = (parameters: object): unknown => read({ inputs: [], outputs, parameters }).outputs.map(({ binary: asked }) => asked);
    assert.deepEqual(binaries({ binary_data_output: true }), [true, false]);
    assert.deepEqual(binaries({}), [false, false]);
  });

  test('whose sizes or whose header lie are refused', () => {
    const [body, length] = binary({ inputs: [x(8), plan] }, floats(1, 2));
    for (const [bytes, header, message] of [
      [body.subarray(0, -1), length, 'x has a binary_data_size of 8, and the body has 7 bytes left.'],
      [Buffer.concat([body, Buffer.alloc(3)]), length, 'Behind the last binary tensor the body has 3 more bytes.'],
      [body, '-1', 'Inference-Header-Content-Length has to be a number of bytes, and is "-1".'],
      [body, '1e2', /has to be a number of bytes/],
      [body, '', /has to be a number of bytes/],
      [body, `${length}, ${length}`, /has to be a number of bytes/],
      [body, '9'.repeat(30), /has to be a number of bytes/],
      [body, '100000', `Inference-Header-Content-Length says that 100000 bytes are JSON, and the body has ${body.length}.`],
      [...binary({ inputs: [x(4), plan] }, floats(1)), 'x has 4 bytes, and 2 values of FP32 take 8.'],
      [...binary({ inputs: [x(2 ** 53), plan] }), /^The parameter binary_data_size of x has to be an integer from 0 on/],
      [...binary({ inputs: [x(-8), plan] }), /^The parameter binary_data_size of x has to be an integer from 0 on/],
      [
        ...binary({ inputs: [{ ...x(8), shape: [2 ** 31] }] }, floats(1, 2)),
        'x has 8 bytes, and 2147483648 values of FP32 take 8589934592.',
      ],
    ] as const)
      assert.throws(() => readRequest(bytes, header, ports), invalid(message));
    for (const header of [String(Number(length) - 1), String(Number(length) + 1), '1'])
      assert.throws(() => readRequest(body, header, ports), { code: 'malformed' });
  });

  test('without any JSON are the rows of the one input that there is', () => {
    const single = (own: Port): Ports => ({ ...ports, inputs: [own] });
    const raw = (own: Port, body: Uint8Array): unknown => {
      const { inputs, outputs } = readRequest(Buffer.from(body), '0', single(own));
      assert.ok(outputs.every((output) => output.binary));
      return [inputs[0]?.shape, Array.from<unknown>(inputs[0]?.data as ArrayLike<unknown>)];
    };
    assert.deepEqual(raw(port('x', 'float', undefined, 2), floats(1, 2, 3, 4)), [
      [2, 2],
      [1, 2, 3, 4],
    ]);
    assert.deepEqual(raw(port('x', 'float', 1, 2), floats(1, 2)), [
      [1, 2],
      [1, 2],
    ]);
    assert.deepEqual(raw(port('x', 'string', undefined), Buffer.from('a text')), [[1], ['a text']]);
    assert.throws(
      () => raw(port('x', 'float', undefined, 2), floats(1, 2, 3)),
      invalid('12 bytes are no whole number of rows of x: 2 values of FP32 each.'),
    );
    assert.throws(() => raw(port('x', 'float', 1, 2), floats(1, 2, 3, 4)), invalid(/^16 bytes are no whole number of rows/));
    assert.throws(() => raw(port('x', 'float', undefined, undefined), floats(1)), invalid(/more than one dimension is free/));
    assert.throws(
      () => raw(port('x', 'string', undefined, 2), Buffer.from('a')),
      invalid('A body without JSON is one text, and x of churn has 2 in a row.'),
    );
    assert.throws(
      () => readRequest(Buffer.alloc(8), '0', ports),
      invalid('A body without JSON is for models of one input, and churn asks for x, plan.'),
    );
  });
});

suite('answers', () => {
  const label: OutputTensor = { name: 'label', datatype: 'INT64', shape: [2], data: BigInt64Array.of(9007199254740993n, -1n) };
  const p: OutputTensor = { name: 'p', datatype: 'FP32', shape: [2, 3], data: Float32Array.of(0.5, NaN, Infinity, -Infinity, 0, 1) };
  const texts: OutputTensor = { name: 'a "b"', datatype: 'BYTES', shape: [1], data: ['€\n'] };
  const flags: OutputTensor = { name: 'f', datatype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) };
  const write = (outputs: readonly OutputTensor[], binaries: readonly boolean[] = []): ForeignAnswer =>
    writeResponse(
      { model: 'm', version: '3', id: 'i"d', outputs },
      outputs.map(({ name }, index) => ({ name, binary: binaries[index] ?? false, classes: undefined })),
    );

  test('name the model, the version and the id, and have all values that JSON has words for', () => {
    const { body, contentType } = write([label, p, texts, flags]);
    assert.equal(contentType, 'application/json');
    assert.equal(
      body,
      '{"model_name":"m","model_version":"3","id":"i\\"d","outputs":[' +
        '{"name":"label","datatype":"INT64","shape":[2],"data":[9007199254740993,-1]},' +
        '{"name":"p","datatype":"FP32","shape":[2,3],"data":[0.5,null,1.7976931348623157e+308,-1.7976931348623157e+308,0,1]},' +
        '{"name":"a \\"b\\"","datatype":"BYTES","shape":[1],"data":["€\\n"]},' +
        '{"name":"f","datatype":"BOOL","shape":[2],"data":[true,false]}]}',
    );
    JSON.parse(body);
  });

  test('have as bytes what was asked for so', () => {
    const { body, headers } = write([label, p, texts], [false, true, true]);
    const length = Number(headers?.['inference-header-content-length']);
    const { outputs } = JSON.parse(Buffer.from(body as Uint8Array).toString('utf8', 0, length)) as { outputs: readonly object[] };
    assert.deepEqual(outputs, [
      { name: 'label', datatype: 'INT64', shape: [2], data: [Number(9007199254740993n), -1] },
      { name: 'p', datatype: 'FP32', shape: [2, 3], parameters: { binary_data_size: 24 } },
      { name: 'a "b"', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 8 } },
    ]);
    assert.deepEqual(
      Buffer.from(body as Uint8Array).subarray(length),
      Buffer.concat([floats(0.5, NaN, Infinity, -Infinity, 0, 1), Buffer.from('04000000e282ac0a', 'hex')]),
    );
  });

  test('have the greatest classes of each row, where those were asked for', () => {
    const given: OutputTensor = { name: 'p', datatype: 'FP32', shape: [2, 3], data: Float32Array.of(0.25, 0.5, 0.25, NaN, 0, 1) };
    assert.deepEqual(classify(given, 2, ['a', 'b', 'c']), {
      name: 'p',
      datatype: 'BYTES',
      shape: [2, 2],
      data: ['0.500000:1:b', '0.250000:0:a', '1.000000:2:c', '0.000000:1:b'],
    });
    assert.deepEqual(classify(given, 9, undefined).shape, [2, 3]);
    assert.deepEqual(classify(given, 1, undefined).data, ['0.500000:1', '1.000000:2']);
    assert.throws(
      () => classify({ ...given, shape: [6] }, 1, undefined),
      invalid('p cannot be given as classes: it has the shape [6], and not a value for each class.'),
    );
  });

  test('and requests are compressed as far as both sides can, and never beyond the limit', async () => {
    const text = Buffer.from('a'.repeat(5000));
    assert.deepEqual(await decompress(gzipSync(text), 'GZIP', 5000), text);
    assert.deepEqual(await decompress(deflateSync(text), 'deflate', 5000), text);
    assert.equal(await decompress(text, 'identity', 10), text);
    // More than may be at work at once, some of them broken: each has its turn.
    const many = Array.from({ length: 12 }, (_, index) => decompress(index % 3 === 0 ? text : gzipSync(text), 'gzip', 5000));
    const outcomes = (await Promise.allSettled(many)).map(({ status: outcome }) => outcome);
    assert.deepEqual(outcomes.filter((outcome) => outcome === 'fulfilled').length, 8);
    await assert.rejects(decompress(gzipSync(text), 'gzip', 4999), { code: 'too_large', message: /4999 bytes when it is decompressed/ });
    await assert.rejects(decompress(gzipSync(text).subarray(0, 20), 'gzip', 5000), { code: 'malformed' });
    await assert.rejects(decompress(text, 'br', 5000), invalid('Content-Encoding has to be gzip or deflate, and is "br".'));
    await assert.rejects(decompress(text, 'constructor', 5000), { code: 'invalid' });
    const answer = { status: 200, contentType: 'application/json', body: text };
    for (const [accepted, encoding] of [
      ['gzip, deflate, br', 'gzip'],
      ['deflate', 'deflate'],
      ['gzip;q=0, deflate;q=0.5', 'deflate'],
      ['br', undefined],
      [undefined, undefined],
    ] as const)
      assert.equal(encodingFor(accepted, answer), encoding, accepted);
    assert.equal(encodingFor('gzip', { ...answer, body: 'short' }), undefined);
    const zipped = await compress(answer, 'gzip');
    assert.deepEqual(gunzipSync(zipped.body as Buffer), text);
    assert.equal(zipped.headers?.['content-encoding'], 'gzip');
    assert.deepEqual(inflateSync((await compress(answer, 'deflate')).body as Buffer), text);
  });
});

test('whatever comes is read, or refused in words of the protocol', () => {
  let seed = 20_261_126;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  const odd = (): unknown =>
    pick<unknown>([
      -1,
      0,
      1.5,
      2 ** 31,
      2 ** 53,
      1e308,
      '',
      'x',
      '__proto__',
      null,
      true,
      [],
      {},
      [[]],
      [null],
      { name: 1 },
      undefined,
      [2 ** 31, 2 ** 31],
    ]);
  const tensor = (): Record<string, unknown> => ({
    name: pick(['x', 'plan', 'y']),
    datatype: pick(['FP32', 'BYTES', 'INT64', 'BOOL', 'FP16', 'UINT8']),
    shape: pick([[1, 2], [1], [2], [], [0, 2], [1, 1, 2]]),
    ...(random(2) === 0
      ? { data: pick<unknown>([[1, 2], [[1, 2]], ['a'], [true], []]) }
      : { parameters: { binary_data_size: pick([0, 1, 2, 4, 8, 13]) } }),
  });
  const codes = new Map<string, number>();
  const began = performance.now();
  for (let round = 0; round < 6000 && performance.now() - began < 1500; round++) {
    const inputs = Array.from({ length: random(4) }, tensor);
    const document: Record<string, unknown> = {
      inputs,
      ...(random(3) === 0 ? { outputs: [{ name: 'p', parameters: { binary_data: true } }] } : {}),
    };
    // Any field of any object becomes something else.
    for (let change = random(3); change > 0; change--) {
      const target = pick<Record<string, unknown>>([document, ...inputs]);
      target[pick([...Object.keys(target), 'parameters', 'id', 'outputs'])] = odd();
    }
    const [body, length] = binary(document, Buffer.from(Array.from({ length: random(20) }, () => random(256))));
    for (let change = random(3); change > 0; change--) body[random(body.length)] = random(256);
    const header = pick([length, length, length, undefined, '0', '-5', String(random(body.length + 5))]);
    let code = 'read';
    try {
      columnsOf(ports, readRequest(body.subarray(0, random(4) === 0 ? random(body.length) : body.length), header, ports).inputs);
    } catch (error) {
      assert.ok(error instanceof AppError, String(error));
      ({ code } = error);
    }
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  assert.deepEqual(
    [...codes.keys()].filter((code) => !['read', 'invalid', 'malformed'].includes(code)),
    [],
  );
  for (const code of ['invalid', 'malformed']) assert.ok((codes.get(code) ?? 0) > 100, JSON.stringify([...codes]));
});
