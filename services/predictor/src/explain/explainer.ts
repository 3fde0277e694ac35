import { AppError } from '@mlab/kernel/errors';
import { linearContributions, treeShap, type Contributions } from '@mlab/learning';
import { compile, readModel, treesOf, type Columns, type CompiledModel, type Model, type Trees } from '@mlab/onnx';
import { fieldsOf, type Field } from '#/domain/fields.ts';
import { RowReader } from '#/domain/read-rows.ts';
import { explainableOf, isCounted, type Explainable } from '#/explain/explainable.ts';
import { meansOf } from '#/explain/means.ts';
import { originsOf } from '#/explain/origins.ts';

export interface Explained {
  readonly base: number;
  /** For each field, in their order. */
  readonly contributions: Float64Array;
}

/** Explains the score of one target, which is a class, or the value. */
export interface Explainer {
  /** Calls back row by row; `targets` has the place of the class of each row. Stops where it is told to. */
  explain(columns: Columns, targets: readonly number[], isStopped: () => boolean): Explained[];
}

interface Node {
  readonly attributes: Model['graph']['nodes'][number]['attributes'];
}

/** One of a row's scores: of a target, from all of its features. */
type Score = (row: ArrayLike<number>, target: number) => { readonly base: number; readonly values: Float64Array };

/** What explains a file; `conflict` where it cannot be explained. */
export function openExplainer(bytes: Uint8Array, signature: unknown, profile: unknown): Explainer {
  const model = readModel(bytes);
  const explainable = explainableOf(model, profile !== undefined);
  if ('refusal' in explainable) throw new AppError('conflict', explainable.refusal);
  const input = explainable.node.inputs[0] as string;
  const { compiled: features, reason } = compile(model, { outputs: [input] });
  if (features === undefined) throw new AppError('conflict', `What its trees or weights look at cannot be computed here: ${reason}.`);
  const fields = fieldsOf({ inputs: features.inputs, metadata: model.metadata }, signature);
  const origins = singleOrigins(model, input, fields);
  // A mean of truths is a number.
  const reader = new RowReader(fields.map((field) => (field.kind === 'boolean' ? { ...field, kind: 'number' } : field)));
  const means = explainable.method === 'linear' ? meansOf(profile, { reader, features, origins }) : undefined;
  const score = scoreOf(model, explainable, means);
  return {
    explain(columns, targets, isStopped) {
      const data = featuresOf(features, columns);
      return targets.map((target, row) => {
        if (isStopped()) throw new AppError('cancelled', 'Nobody waits for the explanation any more.');
        const { base, values } = score(data.subarray(row * origins.length, (row + 1) * origins.length), target);
        const contributions = new Float64Array(fields.length);
        values.forEach((value, feature) => {
          const field = origins[feature] as number;
          contributions[field] = (contributions[field] as number) + value;
        });
        return { base, contributions };
      });
    },
  };
}

const featuresOf = (features: CompiledModel, columns: Columns): Float32Array =>
  Object.values(features.score(columns))[0]?.data as Float32Array;

/** Of each feature the one field that it is made of. */
function singleOrigins(model: Model, input: string, fields: readonly Field[]): readonly number[] {
  const ofInputs = new Map<string, (readonly number[])[]>();
  fields.forEach(({ port, kind, place, shape }, field) => {
    const columns = ofInputs.get(port.name) ?? [];
    ofInputs.set(port.name, columns);
    // A list of numbers is one field, whatever columns it has.
    const width = kind === 'tensor' ? shape.reduce((product, dim) => product * dim, 1) : 1;
    for (let at = 0; at < width; at++) columns[place + at] = [field];
  });
  const origins = originsOf(model, input, ofInputs);
  if (origins === undefined) throw new AppError('conflict', 'What its trees or weights look at cannot be followed back to its inputs.');
  return origins.map((fieldsOfOne, feature) => {
    const [only] = fieldsOfOne;
    if (only === undefined || fieldsOfOne.length > 1) {
      const names = fieldsOfOne.map((field) => fields[field]?.name).join(', ');
      throw new AppError(
        'conflict',
        `Feature ${feature + 1} is made of several inputs (${names}), among which what it says cannot be divided.`,
      );
    }
    return only;
  });
}

function scoreOf(model: Model, explainable: Extract<Explainable, { readonly node: unknown }>, means: Float64Array | undefined): Score {
  if (means !== undefined) return linearScore(explainable.node, means);
  const trees = treesOf(model)[0]?.trees as Trees;
  if (!isCounted(trees)) throw new AppError('conflict', 'Its trees do not say how many rows training counted at their nodes.');
  const asScore = treeScore(trees);
  return (row, target) => asScore(treeShap(trees, row), target);
}

/** Of two classes the weights may be for one alone, which is then the second: the first has what is left. */
function treeScore({
  classes,
  weightTargets,
  weights,
  postTransform,
  baseValues,
}: Trees): (said: Contributions, target: number) => ReturnType<Score> {
  const only = weightTargets.length > 0 && weightTargets.every((target) => target === weightTargets[0]) ? weightTargets[0] : undefined;
  if (classes?.length !== 2 || only === undefined || baseValues.length === 2) return (said, target) => ofTarget(said, target, 1, 0);
  const isShare = postTransform !== 'LOGISTIC' && weights.every((weight) => weight >= 0);
  return (said, target) => (target === 1 ? ofTarget(said, only, 1, 0) : ofTarget(said, only, -1, isShare ? 1 : 0));
}

function ofTarget({ values, features, base }: Contributions, target: number, sign: 1 | -1, plus: number): ReturnType<Score> {
  const own = values.slice(target * features, (target + 1) * features);
  return { base: sign * (base[target] as number) + plus, values: sign === 1 ? own : own.map((value) => -value) };
}

function linearScore({ attributes }: Node, means: Float64Array): Score {
  const listOf = (name: string): Float32Array => {
    const list = attributes.get(name);
    return list?.kind === 'floats' ? list.value : new Float32Array(0);
  };
  const coefficients = listOf('coefficients');
  const width = means.length;
  const targets = Math.round(coefficients.length / width);
  const intercepts = Float64Array.from({ length: targets }, (_, target) => listOf('intercepts')[target] ?? 0);
  const weights = Array.from({ length: targets }, (_, target) =>
    Float64Array.from(coefficients.subarray(target * width, (target + 1) * width)),
  );
  return (row, target) => {
    const said = linearContributions({ weights, intercepts }, means, row);
    // One score for two classes is that of the second.
    if (targets === 1) return ofTarget(said, 0, target === 0 && isClassifier(attributes) ? -1 : 1, 0);
    return ofTarget(said, target, 1, 0);
  };
}

const isClassifier = (attributes: Node['attributes']): boolean =>
  attributes.has('classlabels_strings') || attributes.has('classlabels_ints');
