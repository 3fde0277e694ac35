import { metricOf } from '@mlab/learning';
import { barChart } from '#/report/charts/bar-chart.ts';
import type { Chart } from '#/report/charts/chart.ts';
import { lineChart } from '#/report/charts/line-chart.ts';
import { parallelChart } from '#/report/charts/parallel-chart.ts';
import type { Fact, Report, ReportedStudy, ReportedTrial } from '#/report/contents.ts';
import { number, percent } from '#/report/format.ts';
import { markup } from '#/report/markup.ts';
import { shown, table, type Section } from '#/report/sections/section.ts';

const MOST_AXES = 7;
const MOST_TRIALS = 30;

type Judged = ReportedTrial & { readonly value: number };

/** What a search for hyperparameters tried, and what came of it. */
export function studySection({ study }: Report): Section | undefined {
  if (study === undefined) return undefined;
  const { trials, metric, better, method } = study;
  const isJudged = (trial: ReportedTrial): trial is Judged => trial.value !== undefined;
  const complete = trials.filter((trial) => trial.state === 'complete').filter(isJudged);
  const best = complete.toSorted((a, b) => (better === 'higher' ? b.value - a.value : a.value - b.value));
  const names = namesOf(study);
  const charts =
    complete.length < 2
      ? []
      : [historyChart(study, trials.filter(isJudged)), ...importanceChart(study), ...parallel(study, complete, names)];
  const rows = best
    .slice(0, MOST_TRIALS)
    .map(({ number: trial, value, params }) => [String(trial), number(value), ...names.map((name) => valueOf(params, name))]);
  return {
    id: 'study',
    title: 'Hyperparameter search',
    intro: `${method}. ${trials.length} trials, ${complete.length} of them complete.`,
    charts,
    body:
      rows.length > 0 && markup`<h3>Best trials</h3>${table({ head: ['Trial', metricOf(metric).title, ...names], rows }, 'Best trials')}`,
  };
}

/** The most important first, where that is known. */
function namesOf({ trials, importance = [] }: ReportedStudy): readonly string[] {
  const all = [...new Set(trials.flatMap(({ params }) => params.map(({ name }) => name)))];
  const worth = new Map(importance.map(({ name, value }) => [name, value]));
  return all.toSorted((a, b) => (worth.get(b) ?? 0) - (worth.get(a) ?? 0));
}

const factOf = (params: readonly Fact[], name: string): Fact['value'] => params.find((fact) => fact.name === name)?.value ?? null;
const valueOf = (params: readonly Fact[], name: string): string => shown(factOf(params, name));

function historyChart({ metric, better }: ReportedStudy, trials: readonly Judged[]): Chart {
  const { title } = metricOf(metric);
  const complete = trials.filter(({ state }) => state === 'complete');
  const pruned = trials.filter(({ state }) => state === 'pruned');
  let best = better === 'higher' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const steps = complete.map(({ value }) => (best = better === 'higher' ? Math.max(best, value) : Math.min(best, value)));
  const points = (label: string, some: readonly Judged[], series: number) => ({
    label,
    x: some.map((trial) => trial.number),
    y: some.map(({ value }) => value),
    dots: 'only' as const,
    series,
    titles: some.map((trial) => `Trial ${trial.number}: ${number(trial.value)}`),
  });
  return lineChart({
    name: 'study-history',
    title: 'History',
    description: `${title} of each trial, and the best so far: ${number(best)} in the end.`,
    x: { title: 'Trial' },
    y: { title },
    lines: [
      points('complete', complete, 0),
      ...(pruned.length > 0 ? [points('pruned', pruned, 7)] : []),
      { label: 'best so far', x: complete.map((trial) => trial.number), y: steps, step: true, series: 1 },
    ],
    table: {
      head: ['Trial', 'State', title, 'Best so far'],
      rows: trials.map((trial) => {
        const at = complete.indexOf(trial);
        return [String(trial.number), trial.state, number(trial.value), at < 0 ? '–' : number(steps[at] ?? best)];
      }),
    },
  });
}

function importanceChart({ importance = [] }: ReportedStudy): readonly Chart[] {
  if (importance.length === 0) return [];
  return [
    barChart({
      name: 'study-importance',
      title: 'Importance of hyperparameters',
      description: 'How much of the differences between trials each hyperparameter accounts for; all together are 100%.',
      bars: importance.toSorted((a, b) => b.value - a.value).map(({ name, value }) => ({ label: name, value })),
      valueTitle: 'Share',
      labelTitle: 'Hyperparameter',
      format: percent,
    }),
  ];
}

function parallel({ metric, better }: ReportedStudy, complete: readonly Judged[], names: readonly string[]): readonly Chart[] {
  if (names.length === 0) return [];
  const { title } = metricOf(metric);
  const axes = names.slice(0, MOST_AXES).map((name) => ({ title: name, values: complete.map(({ params }) => factOf(params, name)) }));
  return [
    parallelChart({
      name: 'study-parallel',
      title: 'Trials across hyperparameters',
      description: `Each line is a trial; the best tenth is strong.${names.length > MOST_AXES ? ` The ${MOST_AXES} most important hyperparameters of ${names.length}.` : ''}`,
      axes: [...axes, { title, values: complete.map(({ value }) => value) }],
      better,
      lines: complete.map((trial) => `Trial ${trial.number}`),
    }),
  ];
}
