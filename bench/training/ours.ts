/** Ours, trained in this process as a job trains. */
import { seededRandom, trainers, type Fitted, type TrainingSet } from '@mlab/learning';
import type { Dataset } from './datasets.ts';

export interface Times {
  readonly seconds: number;
  /** Of all threads. */
  readonly cpu: number;
}

export interface Halves {
  readonly learnt: TrainingSet;
  readonly held: TrainingSet;
  readonly mask: Uint8Array;
}

/** About every third row is held out. */
export function splitByChance({ matrix, target }: Dataset, seed: number): Halves {
  const random = seededRandom(seed);
  return splitBy(
    { matrix, target },
    Uint8Array.from(target, () => Number(random() < 1 / 3)),
  );
}

export function splitBy({ matrix, target }: TrainingSet, mask: Uint8Array): Halves {
  const rows = (isHeld: number): TrainingSet => {
    const keep = (_: number, row: number): boolean => mask[row] === isHeld;
    const columns = matrix.columns.map((column) =>
      column.kind === 'number' ? { ...column, values: column.values.filter(keep) } : { ...column, codes: column.codes.filter(keep) },
    );
    const kept = target.filter(keep);
    return { matrix: { rows: kept.length, columns }, target: kept };
  };
  return { learnt: rows(0), held: rows(1), mask };
}

export interface Asked {
  readonly trainer: 'boosting' | 'forest' | 'logistic';
  readonly params: object;
  readonly threads: number;
}

export function trainOurs(
  { trainer: name, params, threads }: Asked,
  { task }: Dataset,
  learnt: TrainingSet,
): Times & { readonly fitted: Fitted } {
  const trainer = trainers.find((each) => each.name === name);
  if (trainer === undefined) throw new Error(`There is no trainer ${name}.`);
  const usual = Object.fromEntries(
    Object.entries((trainer.params.json as unknown as { properties: Record<string, { default: unknown }> }).properties).map(
      ([key, each]) => [key, each.default],
    ),
  );
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const fitted = trainer.train(learnt, task, { ...usual, ...params }, { random: seededRandom(1), threads: threads - 1 });
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { fitted, seconds, cpu: (user + system) / 1e6 };
}
