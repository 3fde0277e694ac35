import { createHash } from 'node:crypto';
import { AppError } from '@mlab/kernel/errors';
import { trainers, type Evaluation, type Task } from '@mlab/learning';
import { readControl } from './control.ts';
import { environmentOf } from './environment-of.ts';
import { fit, trainerOf, type AnyTrainer, type FitOptions, type Model } from './fit.ts';
import { crossValidate, judge, telling } from './judge.ts';
import { load, type Loaded } from './load.ts';
import { packCheckpoint, unpackCheckpoint } from './checkpoint.ts';
import { openLosses, type Loss } from './losses.ts';
import { filesOf } from './made-files.ts';
import type { Said, TrainedModel, TrainOrder } from './messages.ts';
import { selfCheck } from './self-check.ts';
import { joined, splitTable, type Parts } from './split-table.ts';
import { signatureOf, writeOnnx } from './write-onnx.ts';

export type Say = (said: Said) => void;

/** From the file to a model that was judged, written and checked. */
export async function train(order: TrainOrder, say: Say): Promise<TrainedModel> {
  const { spec, control, resume, checkpointMs, threads } = order;
  const began = performance.now();
  const controlled = readControl(control);
  const goesOn = (): void => {
    if (controlled.isCancelled()) throw new AppError('cancelled', 'The job was cancelled.');
  };
  const phase = (next: Extract<Said, { kind: 'phase' }>['phase']): void => {
    goesOn();
    say({ kind: 'phase', phase: next });
  };
  phase('reading');
  const loaded = await load(order);
  const { task, table, features, description } = loaded;
  for (const text of loaded.warnings) say({ kind: 'line', level: 'info', text });
  say({ kind: 'line', level: 'info', text: `${table.rows} rows of ${features.length} columns to learn from.` });
  if (spec.evaluation.costs !== undefined && task.kind !== 'binary')
    throw new AppError('invalid', `evaluation.costs are for tasks of two classes, and this is ${task.kind}.`);
  phase('splitting');
  const parts = splitTable(loaded, spec);
  const { trainer, params } = trainerOf(spec, task);
  phase('preparing');
  let keptAt = performance.now();
  const learning = openLosses();
  const common: FitOptions = {
    spec,
    task,
    trainer,
    params,
    features,
    threads,
    purpose: 'model',
    onIteration: () => !controlled.isCancelled(),
  };
  const options: FitOptions = {
    ...common,
    onPrepared: () => phase('training'),
    onIteration: ({ number, of, metrics }) => {
      learning.add(number, metrics);
      say({ kind: 'iteration', number, of, metrics });
      return !controlled.isCancelled();
    },
    onCheckpoint: (_iteration, state) => {
      if (performance.now() - keptAt < checkpointMs) return;
      keptAt = performance.now();
      say({ kind: 'checkpoint', state: packCheckpoint(state(), learning.kept()) });
    },
  };
  const model = goOn(parts, options, resume, {
    begins: (losses) => {
      learning.goOn(losses);
      say({ kind: 'earlier', losses });
    },
    useless: () => {
      goesOn();
      say({ kind: 'line', level: 'warning', text: 'What another process had kept cannot be gone on from; training begins anew.' });
    },
  });
  phase('evaluating');
  const predictions = model.predict(parts.test.table);
  const baseline = baselineFor(common, parts);
  const folds = spec.evaluation.kind === 'cross_validation' ? spec.evaluation.folds : 0;
  const crossValidation =
    folds === 0
      ? undefined
      : crossValidate(joined(loaded, spec), folds, common, (fold) => {
          goesOn();
          say({ kind: 'line', level: 'info', text: `Fold ${fold} of ${folds}.` });
        });
  goesOn();
  const judgement = judge({ spec, task, model, baseline, test: parts.test, predictions, crossValidation });
  phase('checking');
  const written = writeOnnx(model, task, spec);
  const { inputs, columns } = model.preparing;
  const checked = await selfCheck({ model: written, inputs, task, table: parts.test.table, predictions });
  say({
    kind: 'line',
    level: 'info',
    text: `The ONNX file says the same within ${checked.greatest.toExponential(1)}, ${checked.backend}.`,
  });
  const warnings = warningsOf(loaded, model);
  const importance = telling(model).filter(({ value }) => value > 0);
  const sha256 = createHash('sha256').update(written.bytes).digest('hex');
  const thresholds = thresholdsIn(judgement.evaluation);
  const told = { order, loaded, parts, model, judgement, params, predictions, warnings, trainer };
  const made = filesOf({ ...told, bytes: written.bytes.length, losses: learning.losses(), created: new Date().toISOString() });
  goesOn();
  return {
    onnx: written.bytes,
    rows: description.rows,
    contentDigest: loaded.contentDigest,
    environment: environmentOf(threads),
    columns: inputs.map(({ name, kind }) => ({ name, type: kind })),
    tracked: trackedOf(judgement.results, model),
    params,
    signature: signatureOf(inputs, task, written.outputs),
    ...made,
    losses: learning.kept(),
    seconds: (performance.now() - began) / 1000,
    result: {
      task: task.kind,
      trainer: trainer.name,
      metric: judgement.metric,
      metrics: [...judgement.results],
      ...(thresholds.length === 0 ? {} : { thresholds }),
      rows: rowsOf(parts),
      iterations: model.fitted.iterations,
      modelBytes: written.bytes.length,
      modelSha256: sha256,
      importance: importance.slice(0, MOST_IMPORTANT).map(({ name, value }) => ({ feature: name, value })),
      warnings: [
        ...warnings,
        ...columns.flatMap(({ name, reason }) => (reason === undefined ? [] : [`Left out ${name}: ${reason}`])),
      ].slice(0, MOST_WARNINGS),
    },
  };
}

/** From which probability on the second class would best be answered, by what is wanted. */
const thresholdsIn = ({ thresholds = [] }: Evaluation) =>
  thresholds.map(({ goal, threshold, precision, recall, cost }) => ({
    goal,
    ...(threshold === null ? {} : { threshold }),
    precision,
    recall,
    ...(cost === undefined ? {} : { cost }),
  }));

const MOST_IMPORTANT = 100;
const MOST_WARNINGS = 100;

export const rowsOf = ({ train: learnt, validation, test }: Parts) => ({
  training: learnt.table.rows,
  validation: validation?.table.rows ?? 0,
  test: test.table.rows,
});

function warningsOf({ warnings, description }: Loaded, { fitted }: Model): readonly string[] {
  return [...warnings, ...description.notes, ...(fitted.warnings ?? [])];
}

const trackedOf = (results: readonly { name: string; folds?: { mean: number; deviation: number } }[], { fitted }: Model) => ({
  iterations: fitted.iterations,
  ...Object.fromEntries(
    results.flatMap(({ name, folds }) =>
      folds === undefined
        ? []
        : [
            [`cv_${name}_mean`, folds.mean],
            [`cv_${name}_deviation`, folds.deviation],
          ],
    ),
  ),
});

/** A state that another version of the platform has kept may be of no use: then training begins anew, and comes to the same model. */
function goOn({ train: part, validation }: Parts, options: FitOptions, resume: Uint8Array | undefined, told: GoingOn): Model {
  if (resume === undefined) return fit(part, validation, options);
  try {
    const { state, losses } = unpackCheckpoint(resume);
    told.begins(losses);
    return fit(part, validation, { ...options, resume: state });
  } catch {
    told.useless();
    told.begins([]);
    return fit(part, validation, options);
  }
}

interface GoingOn {
  readonly begins: (losses: readonly Loss[]) => void;
  readonly useless: () => void;
}

/** What every result is compared with; undefined where there is none for the task. */
function baselineFor(options: FitOptions, { train: part }: Parts): Model | undefined {
  const trainer = baselineOf(options.task);
  if (trainer === undefined) return undefined;
  const { params } = trainerOf({ ...options.spec, trainer: trainer.name, params: {} }, options.task);
  return fit(part, undefined, { ...options, trainer, params, purpose: 'baseline' });
}

const baselineOf = ({ kind }: Task): AnyTrainer | undefined =>
  trainers.find(({ name, tasks }) => name === 'baseline' && tasks.includes(kind));
