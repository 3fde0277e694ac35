import type { Fact, LearningCurve, Report, ReportedColumn } from '#/report/contents.ts';
import type { Losses } from './losses.ts';
import type { MadeOf } from './made-of.ts';
import { telling } from './judge.ts';
import { environmentOf } from './environment-of.ts';
import { splitOf, type Parts } from './split-table.ts';

const fact = (name: string, value: unknown): Fact => {
  const plain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return { name, value: plain ? (value as Fact['value']) : (JSON.stringify(value) ?? '') };
};

/** Everything that a reader is told of a model. */
export function reportOf(made: MadeOf): Report {
  const { order, loaded, parts, model, judgement, params, warnings, trainer, bytes, losses, created } = made;
  const { spec, names } = order;
  const { description, task } = loaded;
  const { metric, evaluation, baseline, comparison, crossValidation, permutations, slices } = judgement;
  const importance = telling(model).filter(({ value }) => value > 0);
  const defaults = defaultsOf(trainer.params.json);
  return {
    title: `${trainer.title} on ${names.dataset}`,
    summary: `${spec.target === undefined ? task.kind : `${spec.target} (${task.kind})`}, learnt by ${trainer.name} from ${parts.train.table.rows} rows.`,
    created,
    task: task.kind,
    model: [
      fact('trainer', trainer.name),
      ...(spec.target === undefined ? [] : [fact('target', spec.target)]),
      ...(spec.model === undefined ? [] : [fact('registered model', spec.model)]),
      fact('iterations', model.fitted.iterations),
      fact('size of the ONNX file in bytes', bytes),
      fact('seed', spec.seed),
      fact('run', names.run),
      fact('job', names.job),
    ],
    data: {
      facts: [
        fact('dataset', names.dataset),
        fact('format', description.format),
        fact('rows', description.rows),
        fact('columns', description.columns.length),
        fact('SHA-256', description.digest),
        fact('SHA-256 of the values that were read', loaded.contentDigest),
      ],
      columns: columnsOf(made),
    },
    split: { method: splitOf(spec, task).kind, parts: partsOf(parts) },
    params: Object.entries(params).map(([name, value]) => ({
      ...fact(name, value),
      isDefault: JSON.stringify(value) === JSON.stringify(defaults[name]),
    })),
    metric,
    evaluation,
    ...(baseline === undefined ? {} : { baseline: { title: 'Baseline', metrics: baseline.metrics } }),
    ...(comparison === undefined ? {} : { comparison }),
    ...(crossValidation === undefined ? {} : { crossValidation }),
    ...(losses.steps.length < 2 ? {} : { learning: curveOf(losses, model.fitted.iterations) }),
    ...(permutations === undefined ? {} : { permutations }),
    ...(importance.length === 0 ? {} : { importance }),
    ...(slices === undefined ? {} : { slices }),
    ...(order.study === undefined ? {} : { study: order.study }),
    warnings,
    environment: Object.entries({ mlab: names.version, ...environmentOf(order.threads) }).map(([name, value]) => fact(name, value)),
  };
}

function defaultsOf(json: object): Readonly<Record<string, unknown>> {
  const { properties = {} } = json as { properties?: Readonly<Record<string, { default?: unknown }>> };
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, property.default]));
}

function partsOf({ train, validation, test }: Parts): { readonly name: string; readonly rows: number }[] {
  const all = { training: train, validation, test };
  return Object.entries(all).flatMap(([name, part]) => (part === undefined ? [] : [{ name, rows: part.table.rows }]));
}

const curveOf = ({ steps, series }: Losses, best: number): LearningCurve => ({
  steps,
  series: [...series].map(([name, values]) => ({ name, values })),
  best,
});

function columnsOf({ loaded, model, order }: MadeOf): readonly ReportedColumn[] {
  const { target, weights, split } = order.spec;
  const prepared = new Map(model.preparing.columns.map((column) => [column.name, column]));
  return loaded.description.columns.map(({ name, type, missing, distinct }) => {
    const { use, reason } = prepared.get(name) ?? {};
    const other = name === target ? 'target' : name === weights ? 'weight' : name === split?.column ? 'split' : 'left out';
    const role = use === undefined || use === 'drop' ? other : 'feature';
    const note = reason ?? (use === undefined || use === 'drop' ? undefined : `used as ${use}`);
    return { name, kind: type, role, missing, distinct, ...(note === undefined ? {} : { note }) };
  });
}
