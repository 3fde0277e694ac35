import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena } from '#/arrays/arena.ts';
import { addProduct, byRows, transposed, type View } from '#/arrays/multiply.ts';
import { pack, unpack } from '#/arrays/pack.ts';
import { seededRandom } from '#/random.ts';

test('products are the sums of their definition, to the bit the same by vector instructions', () => {
  const random = seededRandom(1);
  for (let round = 0; round < 150; round++) {
    const [rows, inner, columns] = [0, 0, 0].map(() => Math.floor(random() * (round % 3 === 0 ? 4 : 14))) as [number, number, number];
    const [offset, padding] = [Math.floor(random() * 3), Math.floor(random() * 3)];
    const fill = (array: Float64Array): Float64Array => array.map(() => random() - 0.5);
    const sizes = { rows, inner, columns };
    const arena = new Arena(3000);
    const [a, b, c] = [rows * inner, inner * columns, rows * columns].map((length) =>
      fill(new Float64Array(offset + length + padding * 20)),
    );
    const inArena = (array: Float64Array): Float64Array => {
      const copy = arena.doubles(array.length);
      copy.set(array);
      return copy;
    };
    const isTransposed = random() < 0.5;
    const left = (data: Float64Array): View =>
      isTransposed ? transposed(byRows(data, rows, offset)) : byRows(data, inner + padding, offset);
    const copies = [a, b, c].map((array) => inArena(array as Float64Array)) as [Float64Array, Float64Array, Float64Array];
    const expected = (c as Float64Array).slice();
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const { data, start, row: down, column: right } = left(a as Float64Array);
        let sum = 0;
        for (let at = 0; at < inner; at++)
          sum += (data[start + row * down + at * right] as number) * ((b as Float64Array)[offset + at * columns + column] as number);
        expected[offset + row * columns + column] = (expected[offset + row * columns + column] as number) + sum;
      }
    }
    addProduct(byRows(c as Float64Array, columns, offset), left(a as Float64Array), byRows(b as Float64Array, columns, offset), sizes);
    addProduct(byRows(copies[2], columns, offset), left(copies[0]), byRows(copies[1], columns, offset), sizes);
    assert.deepEqual(c, expected, `plain ${rows} × ${inner} × ${columns}`);
    assert.deepEqual(Float64Array.from(copies[2]), expected, `vectors ${rows} × ${inner} × ${columns}`);
  }
});

test('an arena gives arrays also when it is full', () => {
  const arena = new Arena(10);
  const arrays = [arena.doubles(8000), arena.doubles(400), arena.doubles(7)];
  assert.deepEqual(
    arrays.map(({ length }) => length),
    [8000, 400, 7],
  );
  assert.ok(arrays.every((array) => array.every((value) => value === 0)));
  // As many doubles as WebAssembly cannot address.
  assert.equal(new Arena(2 ** 30).doubles(3).length, 3);
});

test('what is packed comes back, and what was cut does not', () => {
  const arrays = [Float64Array.of(1.5, Number.NaN, -0), new Float64Array(0), Float64Array.of(Number.MAX_VALUE)];
  const bytes = pack({ epoch: 3, note: 'é' }, arrays);
  assert.deepEqual(unpack(bytes), { header: { epoch: 3, note: 'é' }, arrays });
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.deepEqual(unpack(shifted.subarray(3)), { header: { epoch: 3, note: 'é' }, arrays });
  for (const length of [0, 5, 20, bytes.length - 1]) assert.equal(unpack(bytes.slice(0, length)), undefined);
});
