import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '#/random.ts';
import { findBounds, SAMPLED_ROWS, writeBins } from '#/trees/bins/bounds.ts';
import { sortedFloats } from '#/trees/bins/sorted-floats.ts';
import { countBitOf, scalesFor } from '#/trees/boosting/quantise.ts';
import { choose } from '#/trees/choose.ts';
import { openKernels } from '#/trees/kernels/kernels.ts';
import { quantileOf } from '#/trees/objectives/quantile-of.ts';

const random = seededRandom(11);

describe('values in order', () => {
  for (const count of [0, 1, 900, 5_000]) {
    test(`${count} of any bits`, () => {
      const values = new Float32Array(Uint32Array.from({ length: count }, () => Math.floor(random() * 2 ** 32)).buffer);
      values.set([0, -0, Infinity, -Infinity, NaN, 1e-45].slice(0, count));
      const wanted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
      assert.deepEqual(
        [...sortedFloats(values)].map((value) => value + 0),
        [...wanted].map((value) => value + 0),
      );
    });
  }
});

describe('bins', () => {
  const settings = { maxBin: 255, minDataInBin: 3 };
  const numberOf = (values: Float32Array, more: object = {}, sample?: Int32Array): Uint8Array => {
    const bins = new Uint8Array(values.length);
    writeBins(values, findBounds(values, { ...settings, ...more }, sample), bins);
    return bins;
  };

  test('of many values hold about as many rows each, in the order of the values', () => {
    const values = Float32Array.from({ length: 20_000 }, () => random() ** 3 - 0.5);
    const bins = numberOf(values);
    const counts = new Int32Array(256);
    for (const bin of bins) counts[bin]!++;
    assert.equal(counts.filter((count) => count > 0).length, 255);
    assert.ok(counts.subarray(0, 255).every((count) => count > 60 && count < 100));
    const order = Array.from(values.keys()).toSorted((a, b) => (values[a] as number) - (values[b] as number));
    assert.ok(order.every((row, at) => at === 0 || (bins[row] as number) >= (bins[order[at - 1] as number] as number)));
  });

  test('of few values are one for each, unless it has too few rows', () => {
    assert.deepEqual([...numberOf(Float32Array.of(1, 1, 1, 2, 3, 3, 3))], [0, 0, 0, 1, 1, 1, 1]);
    assert.deepEqual([...numberOf(Float32Array.of(1, 2, 3), { minDataInBin: 1 })], [0, 1, 2]);
  });

  test('a frequent value has one nearly for itself', () => {
    const values = Float32Array.from({ length: 3_000 }, (_, row) => (row % 3 === 0 ? 0.5 : random()));
    const bins = numberOf(values, { maxBin: 16 });
    const own = bins[0] as number;
    assert.ok(values.every((value, row) => value !== 0.5 || bins[row] === own));
    // Others share it up to half a bin of theirs.
    assert.ok(bins.filter((bin) => bin === own).length < 1_000 + 2_000 / 15 / 2 + 1);
  });

  test('missing values stand behind all others, and take one of the bins', () => {
    assert.deepEqual([...numberOf(Float32Array.of(NaN, 1, 2, NaN), { minDataInBin: 1 })], [2, 0, 1, 2]);
    const values = Float32Array.from({ length: 1_000 }, (_, row) => (row === 0 ? Number.NaN : random()));
    assert.equal(Math.max(...numberOf(values, { maxBin: 8 })), 7);
    assert.deepEqual([...numberOf(Float32Array.of(NaN, NaN))], [1, 1]);
  });

  test('bounds are float32 values that part what they part, however near', () => {
    const values = new Float32Array(Uint32Array.from({ length: 600 }, (_, at) => 0x3f80_0000 + at).buffer);
    const { upper } = findBounds(
      Float32Array.of(...values, -Infinity, Infinity, -3.4e38, 3.4e38),
      { maxBin: 255, minDataInBin: 1 },
      undefined,
    );
    assert.ok(upper.every((bound) => bound === Math.fround(bound)));
    const close = Float32Array.of(1, 1.00000011920929, Infinity, -Infinity, 3.4028234663852886e38);
    assert.deepEqual([...numberOf(close, { minDataInBin: 1 })], [1, 2, 4, 0, 3]);
  });

  test('of very many rows come from some of them, and hold all', () => {
    const values = Float32Array.from({ length: 1_000 }, (_, row) => row);
    const bins = numberOf(values, { maxBin: 4 }, choose(100, 1_000, random));
    assert.deepEqual([bins[0], bins[999]], [0, 3]);
    assert.ok(SAMPLED_ROWS > 1_000);
  });
});

describe('kernels', () => {
  const rows = 3_000;
  const memory = new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true });
  const kernels = openKernels(memory);
  const place = {
    bins: 0,
    order: 4_096,
    gradients: 20_480,
    ordered: 61_440,
    histogram: 102_400,
    other: 110_592,
    table: 118_784,
    scratch: 120_000,
  };
  const bins = new Uint8Array(memory.buffer, place.bins, rows).map(() => 0);
  const shared = new Uint8Array(memory.buffer, place.bins, rows);
  const gradients = new Int32Array(memory.buffer, place.gradients, rows * 2);
  const countBit = countBitOf(rows);
  for (let row = 0; row < rows; row++) {
    shared[row] = bins[row] = Math.floor(random() * 256);
    gradients[2 * row] = Math.floor((random() * 2 - 1) * (2 ** 31 - 1));
    gradients[2 * row + 1] = Math.floor(random() * (2 ** 31 - 1));
  }
  const histogramAt = (at: number): BigInt64Array => new BigInt64Array(memory.buffer, at, 512);
  const expected = (of: readonly number[]): bigint[] => {
    const sums = Array.from({ length: 512 }, () => 0n);
    for (const row of of) {
      const at = 2 * (bins[row] as number);
      sums[at]! += BigInt(gradients[2 * row] as number);
      sums[at + 1]! += BigInt(gradients[2 * row + 1] as number) + (1n << BigInt(countBit));
    }
    return sums;
  };
  const every = Array.from({ length: rows }, (_, row) => row);
  const some = every.filter((row) => row % 3 !== 1);
  const order = new Int32Array(memory.buffer, place.order, rows);

  test('histograms are exact sums, of all rows, of some, and of what is left', () => {
    kernels.buildAll(rows, place.gradients, place.bins, place.histogram, countBit);
    assert.deepEqual([...histogramAt(place.histogram)], expected(every));
    order.set(some);
    kernels.gather(place.order, some.length, place.gradients, place.ordered);
    kernels.build(place.order, some.length, place.ordered, place.bins, place.other, countBit);
    assert.deepEqual([...histogramAt(place.other)], expected(some));
    kernels.subtract(place.histogram, place.other, 256);
    assert.deepEqual([...histogramAt(place.histogram)], expected(every.filter((row) => row % 3 === 1)));
  });

  test('rows are parted, and stay in their order', () => {
    const table = new Uint8Array(memory.buffer, place.table, 256);
    table.forEach((_, bin) => (table[bin] = bin % 5 === 0 ? 1 : 0));
    order.set(some);
    const front = kernels.partition(place.order, some.length, place.bins, place.table, place.scratch);
    const [yes, no] = [some.filter((row) => (bins[row] as number) % 5 === 0), some.filter((row) => (bins[row] as number) % 5 !== 0)];
    assert.equal(front, yes.length);
    assert.deepEqual([...order.subarray(0, some.length)], [...yes, ...no]);
    assert.equal(kernels.partition(place.order, 0, place.bins, place.table, place.scratch), 0);
  });

  test('integers have room for as many rows as there are', () => {
    for (const count of [1, 2, 1_000, 100_000, 10_000_000]) {
      const { gradient, hessian } = scalesFor({ gradient: 3, hessian: 0.25 }, count);
      assert.ok(3 * gradient < 2 ** 31 && 0.25 * hessian < 2 ** 31);
      assert.ok(BigInt(Math.ceil(0.25 * hessian)) * BigInt(count) < 1n << BigInt(countBitOf(count)));
      assert.ok(BigInt(count) << BigInt(countBitOf(count)) < 1n << 64n);
      assert.ok(hessian * 0.25 >= 2 ** 14);
    }
    assert.deepEqual(scalesFor({ gradient: 0, hessian: 0 }, 5), { gradient: 1, hessian: 1 });
  });
});

test('quantiles lie between values, or have their share of the weight', () => {
  assert.equal(quantileOf(Float64Array.of(3, 1, 2), undefined, 0.5), 2);
  assert.equal(quantileOf(Float64Array.of(4, 1, 2, 3), undefined, 0.25), 1.75);
  assert.equal(quantileOf(Float64Array.of(5), undefined, 0.9), 5);
  assert.equal(quantileOf(Float64Array.of(1, 2, 3), Float64Array.of(1, 1, 5), 0.5), 3);
  assert.equal(quantileOf(Float64Array.of(3, 2, 1), Float64Array.of(1, 1, 5), 0.5), 1);
});
