import { randomUUID } from 'node:crypto';
import { CliError } from '../cli-error.ts';
import { formatTable } from '../table.ts';
import { figure, type TrainingDisplay } from '../train/display.ts';
import { followJob } from '../train/follow.ts';
import type { Job, Metric } from '../train/job.ts';
import { visibleText } from '../visible-text.ts';
import { linesOf, type DemoStep, type Told } from './demo-step.ts';

/** Gradient boosting, as `mlab train` does it, with the metrics beside those of a baseline. */
export const trainingStep: DemoStep = {
  name: 'training',
  heading: () => 'A model learns from it',
  async run({ lab, name, dataset, display, signal, made }): Promise<Told> {
    const spec = { ...dataset.spec, dataset: made.dataset, target: dataset.target, model: name, experiment: 'demo' };
    const asked = await lab.training.json('/jobs', { method: 'POST', json: { ...spec, key: randomUUID() } });
    made.training = String(asked['id']);
    const job = await followJob(lab.training, made.training, barOf(display), signal);
    delete made.training;
    display.clear();
    const { result, error } = job;
    if (result?.version === undefined)
      throw new CliError(`The training job ${job.id} ${error === undefined ? 'has made no model' : `has failed: ${visibleText(error)}`}`);
    Object.assign(made, { job: job.id, version: result.version });
    const shown = [result.metric, ...dataset.metrics].flatMap((wanted) => result.metrics.find((metric) => metric.name === wanted) ?? []);
    const [main] = shown;
    if (main?.baseline !== undefined)
      made.bound = { metric: main.name, op: main.better === 'higher' ? '>' : '<', value: main.baseline, reached: main.value };
    return {
      lines: linesFor(job, shown),
      data: { job: job.id, run: result.runId, rows: result.rows, seconds: result.seconds, metrics: shown },
    };
  },
};

/** How far training is, and nothing of what is said on the way. */
const barOf = (display: TrainingDisplay): TrainingDisplay => ({
  ...display,
  line: () => {},
  progress: (progress) => {
    if (progress.phase === 'training') display.progress(progress);
  },
});

function linesFor({ result }: Job, shown: readonly Metric[]): readonly string[] {
  const { trainer = '', rows, seconds = 0 } = result ?? {};
  const table = [
    ['METRIC', 'MODEL', 'INTERVAL', 'BASELINE', 'BETTER IS'],
    ...shown.map(({ name, value, low, high, baseline, better }) => [
      name,
      figure(value),
      low === undefined || high === undefined ? '–' : `${figure(low)} … ${figure(high)}`,
      baseline === undefined ? '–' : figure(baseline),
      better,
    ]),
  ];
  return [
    `${trainer}: ${rows?.training ?? 0} rows learnt from in ${seconds.toFixed(1)} s, judged by the ${rows?.test ?? 0} rows that were held back.`,
    '',
    ...linesOf(formatTable(table)),
  ];
}
