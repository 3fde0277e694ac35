import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compile, openScorer, readModel, type Column, type Columns, type Output } from '#/index.ts';
import { withoutZipMap } from '#/scorer/without-zip-map.ts';
import { assertAgree, isNear } from './agree.ts';
import { compareWithReference } from './compare-with-reference.ts';
import { Random } from './random.ts';

interface Recorded {
  readonly versions: Readonly<Record<string, string>>;
  readonly fixtures: Readonly<
    Record<
      string,
      {
        readonly inputs: Readonly<
          Record<string, { readonly type: string; readonly dims: readonly number[]; readonly data: readonly unknown[] }>
        >;
        readonly predicted: Readonly<Record<string, { readonly data: readonly (number | string)[] }>>;
      }
    >
  >;
}

/** Models that scikit-learn, LightGBM and XGBoost trained, and what they predict; compat/onnx records it. */
const folder = `${import.meta.dirname}/fixtures`;
const recorded = JSON.parse(readFileSync(`${folder}/recorded.json`, 'utf8')) as Recorded;
const read = (name: string): Uint8Array => readFileSync(`${folder}/${name}.onnx`);

/** What has no compiled form, and why. */
const UNCOMPILED: Readonly<Record<string, RegExp>> = { 'sklearn-svm': /SVMClassifier/ };

/** Where the converter makes another model than the library trained, so that only ONNX Runtime says what is right. */
const OTHERWISE_CONVERTED = new Set(['lightgbm-forest']);

const realColumn = (type: string, data: readonly number[]): Column =>
  type === 'float32' ? Float32Array.from(data) : Float64Array.from(data);

function columnOf(type: string, data: readonly unknown[]): Column {
  if (type === 'object' || type === 'str') return data as string[];
  if (type === 'int64') return BigInt64Array.from((data as number[]).map(BigInt));
  return realColumn(type, data.map(Number));
}

/** For ONNX Runtime, which has no maps for JavaScript. */
const withoutMaps = (name: string): Uint8Array => withoutZipMap(read(name), readModel(read(name)));

/** Values like those recorded, and such as nobody trains with. */
function strangeColumn(random: Random, type: string, data: readonly unknown[], count: number): Column {
  if (type === 'object' || type === 'str')
    return random.list(count, () => (random.chance(0.2) ? 'elsewhere' : (random.pick(data) as string)));
  if (type === 'int64') return BigInt64Array.from(random.list(count, () => BigInt(Number(random.pick(data)) + random.pick([0, 0, 1, -7]))));
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e9];
  const value = (): number =>
    random.chance(0.1) ? random.pick(special) : Number(random.pick(data)) + random.pick([0, 0, random.normal()]);
  return realColumn(type, random.list(count, value));
}

/** Answers are what the library predicted: float32 takes its toll. */
function assertPredicted(answers: readonly Output[], name: string): void {
  for (const [index, { data }] of Object.values(recorded.fixtures[name]?.predicted ?? {}).entries()) {
    const ours = answers[index]?.data;
    for (const [at, expected] of data.entries()) {
      const own = ours?.[at];
      const same = typeof expected === 'number' && typeof own === 'number' ? isNear(own, expected, 5e-6) : String(own) === String(expected);
      assert.ok(same, `${name}: answer ${at} is ${own}, and the library predicts ${expected}`);
    }
  }
}

const versions = Object.entries(recorded.versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(', ');

test(`the fixtures, made with ${versions}, are more than thirty`, () => {
  assert.ok(Object.keys(recorded.fixtures).length > 30);
});

for (const [name, { inputs }] of Object.entries(recorded.fixtures)) {
  const columns: Columns = Object.fromEntries(Object.entries(inputs).map(([input, { type, data }]) => [input, columnOf(type, data)]));
  const rows = Object.values(inputs)[0]?.dims[0] ?? 0;

  if (UNCOMPILED[name] !== undefined) {
    test(`${name} is not compiled, says why, and answers as the library that trained it all the same`, async () => {
      await using scorer = await openScorer(read(name));
      assert.match(scorer.reason ?? '', UNCOMPILED[name] as RegExp);
      assertPredicted(Object.values(await scorer.score(columns)), name);
    });
    continue;
  }

  test(`${name} answers as ONNX Runtime and as the library that trained it`, async () => {
    await compareWithReference(withoutMaps(name), columns, rows, name);
    if (!OTHERWISE_CONVERTED.has(name)) assertPredicted(Object.values(compile(readModel(read(name))).compiled?.score(columns) ?? {}), name);
  });

  test(`${name} answers rows that nobody trained for as ONNX Runtime does, and one alone as among others`, async () => {
    const random = new Random(name.length);
    const many = 40;
    const strange: Columns = Object.fromEntries(
      Object.entries(inputs).map(([input, { type, data, dims }]) => [input, strangeColumn(random, type, data, many * (dims[1] ?? 1))]),
    );
    await compareWithReference(withoutMaps(name), strange, many, name);
    const { compiled } = compile(readModel(read(name)));
    const all = compiled?.score(strange);
    const first = Object.fromEntries(
      Object.entries(strange).map(([input, column]) => [input, (column as Float32Array).slice(0, inputs[input]?.dims[1] ?? 1)]),
    );
    const one = compiled?.score(first) ?? {};
    assertAgree(
      one,
      Object.fromEntries(
        Object.entries(all ?? {}).map(([output, { type, dims, data }]) => [
          output,
          { type, dims: [1, ...dims.slice(1)], data: data.slice(0, data.length / many) },
        ]),
      ),
      name,
    );
  });
}
