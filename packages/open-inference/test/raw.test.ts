import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Port } from '@mlab/onnx';
import { columnsOf, countOf, readRaw, writeRaw, type Datatype, type Tensor } from '@mlab/open-inference';

const invalid = (message: string | RegExp) => ({ name: 'AppError', code: 'invalid', message });

test('raw tensors are read and written as Triton lays them out, from any place in a buffer', () => {
  const table: readonly [Datatype, number, string, readonly unknown[]][] = [
    ['BOOL', 3, '010001', [1, 0, 1]],
    ['UINT8', 2, '00ff', [0, 255]],
    ['INT8', 2, '80ff', [-128, -1]],
    ['UINT16', 1, '0080', [32768]],
    ['INT16', 1, '0080', [-32768]],
    ['UINT32', 1, 'ffffffff', [4294967295]],
    ['INT32', 1, 'feffffff', [-2]],
    ['UINT64', 1, 'ffffffffffffffff', [18446744073709551615n]],
    ['INT64', 1, '0100000000002000', [9007199254740993n]],
    ['FP16', 3, '003c00c0007c', [1, -2, Infinity]],
    ['FP32', 2, '0000c03f0000c07f', [1.5, NaN]],
    ['FP64', 1, '9a9999999999b93f', [0.1]],
    ['BYTES', 3, '0200000068690000000003000000e282ac', ['hi', '', '€']],
    ['BYTES', 0, '', []],
    ['FP32', 0, '', []],
  ];
  for (const [datatype, count, hex, values] of table) {
    // An odd place, where no wide number could lie.
    const bytes = Buffer.from(`00${hex}00`, 'hex').subarray(1, 1 + hex.length / 2);
    const read = readRaw({ name: 'x', datatype, count }, bytes);
    assert.deepEqual(Array.from<unknown>(read as ArrayLike<unknown>), values, datatype);
    assert.equal(Buffer.from(writeRaw(read)).toString('hex'), hex, datatype);
  }
});

test('raw tensors that are not as they say are refused by name', () => {
  const table: readonly [Datatype, number, string, string][] = [
    ['FP32', 2, '00000000', 'x has 4 bytes, and 2 values of FP32 take 8.'],
    ['INT64', 2 ** 31, '00', 'x has 1 bytes, and 2147483648 values of INT64 take 17179869184.'],
    ['BOOL', 2, '0102', 'x is of BOOL, whose bytes are 0 or 1; value 1 is 2.'],
    ['BYTES', 2 ** 31, '00000000', 'x has 4 bytes, and 2147483648 values of BYTES take 8589934592 at least.'],
    ['BYTES', 1, 'ffffffff61', 'x ends within its value 0 of 1.'],
    ['BYTES', 2, '0400000061616161', 'x ends within its value 1 of 2.'],
    ['BYTES', 2, '0500000061616161610000', 'x ends within its value 1 of 2.'],
    ['BYTES', 1, '010000006162', 'x has 1 bytes more than its shape has room for: 1 values.'],
    ['BYTES', 1, '01000000ff', 'Value 0 of x is not UTF-8, as the texts of a model are.'],
  ];
  for (const [datatype, count, hex, message] of table)
    assert.throws(() => readRaw({ name: 'x', datatype, count }, Buffer.from(hex, 'hex')), invalid(message));
});

test('a shape is a list of integers that a request could fill', () => {
  assert.equal(countOf('x', [2, 3, 4]), 24);
  assert.equal(countOf('x', []), 1);
  assert.equal(countOf('x', [0, 2 ** 31]), 0);
  assert.equal(countOf('x', [2 ** 31]), 2 ** 31);
  for (const [shape, message] of [
    [undefined, 'The shape of x has to be a list of integers, and is missing.'],
    ['[1]', 'The shape of x has to be a list of integers, and is a string.'],
    [[-1], 'The shape of x has to be a list of integers from 0 on, and has -1 in it.'],
    [[1.5], 'The shape of x has to be a list of integers from 0 on, and has 1.5 in it.'],
    [['2'], 'The shape of x has to be a list of integers from 0 on, and has "2" in it.'],
    [[null], 'The shape of x has to be a list of integers from 0 on, and has null in it.'],
    [[2 ** 31, 2 ** 31], 'x cannot be as large as its shape says: [2147483648,2147483648].'],
    [Array.from({ length: 65 }, () => 1), 'x has 65 dimensions, and may have 64.'],
  ] as const)
    assert.throws(() => countOf('x', shape), invalid(message));
});

test('tensors become columns only where the model asks for them, in its datatype and shape', () => {
  const inputs: readonly Port[] = [
    { name: 'age', type: 'float', shape: ['n', 1], classes: undefined },
    { name: '__proto__', type: 'string', shape: undefined, classes: undefined },
  ];
  const ports = { model: 'churn', inputs, outputs: [] };
  const age: Tensor = { name: 'age', datatype: 'FP32', shape: [2, 1], data: [1, 2] };
  const other: Tensor = { name: '__proto__', datatype: 'BYTES', shape: [2], data: ['a', 'b'] };
  const columns = columnsOf(ports, [other, age]);
  assert.deepEqual(Object.keys(columns).toSorted(), ['__proto__', 'age']);
  assert.deepEqual(columns['age'], { data: [1, 2], dims: [2, 1] });
  for (const [tensors, message] of [
    [[age], 'churn asks for age, __proto__; missing: __proto__.'],
    [[], 'churn asks for age, __proto__; missing: age, __proto__.'],
    [[age, age], 'age comes twice.'],
    [[other, { ...age, name: 'Age' }], 'Age is no input of churn, which asks for age, __proto__.'],
    [[other, { ...age, datatype: 'FP64' }], 'age of churn is of datatype FP32, and came as FP64.'],
    [[other, { ...age, shape: [2] }], 'age of churn has the shape [-1,1], and came as [2].'],
    [[other, { ...age, shape: [2, 1, 1] }], 'age of churn has the shape [-1,1], and came as [2,1,1].'],
    [[other, { ...age, shape: [1, 2] }], 'age of churn has the shape [-1,1], and came as [1,2].'],
  ] as const)
    assert.throws(() => columnsOf(ports, tensors), invalid(message));
});
