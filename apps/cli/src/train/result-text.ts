import { formatDuration } from '../format.ts';
import { formatTable } from '../table.ts';
import { visibleText } from '../visible-text.ts';
import { figure } from './display.ts';
import type { Job, Metric, Study } from './job.ts';
import type { TrainingLab } from './training-lab.ts';

/** So many metrics are shown; the report has all. */
const SHOWN = 10;

/** What came of it: metrics beside the baseline's, the version, and where to read on. */
export function resultText({ id, result }: Job, lab: TrainingLab, study: Study | undefined): string {
  if (result === undefined) return '';
  const { metrics, metric, model, version, modelId, rows, seconds, runId, experiment, warnings, trainer, task } = result;
  const sorted = [...metrics.filter(({ name }) => name === metric), ...metrics.filter(({ name }) => name !== metric)];
  const hasFolds = sorted.some(({ folds }) => folds !== undefined);
  const heading = ['METRIC', 'VALUE', 'INTERVAL', 'BASELINE', ...(hasFolds ? ['CROSS-VALIDATION'] : [])];
  const table = metrics.length === 0 ? '' : formatTable([heading, ...sorted.slice(0, SHOWN).map((one) => rowOf(one, hasFolds))]);
  const more = sorted.length > SHOWN ? `  and ${sorted.length - SHOWN} more in the report\n` : '';
  const learnt = rows === undefined ? '' : `, ${rows.training} rows learnt from, ${rows.test} held back`;
  const best = study?.best === undefined ? '' : `best: trial ${study.best.number}, ${visibleText(JSON.stringify(study.best.params))}\n`;
  const registered = version === undefined ? 'not registered' : `${visibleText(model ?? '')} version ${version}`;
  const run = lab.gateway === undefined ? runId : `${lab.gateway}/tracking/runs/${runId}`;
  return [
    `\n${visibleText(trainer)}${task === undefined ? '' : `, ${task}`}${learnt}, ${formatDuration(seconds * 1000)}\n`,
    table,
    more,
    best,
    cheapest(result),
    ...warnings.slice(0, SHOWN).map((text) => `note: ${visibleText(text)}\n`),
    `model:  ${registered}${modelId === undefined ? '' : ` (models:/${modelId})`}\n`,
    `run:    ${run} in ${visibleText(experiment)}\n`,
    `report: ${lab.url}/jobs/${id}/report\n`,
  ].join('');
}

/** From which probability on it costs least to say yes, where costs were given. */
function cheapest({ thresholds = [] }: NonNullable<Job['result']>): string {
  const found = thresholds.find(({ goal }) => goal === 'cost');
  if (found?.cost === undefined) return '';
  const from =
    found.threshold === undefined ? 'where the second class is never answered' : `from a threshold of ${figure(found.threshold)}`;
  return `costs: least ${from}, ${figure(found.cost)} a row\n`;
}

function rowOf({ name, value, low, high, baseline, folds }: Metric, hasFolds: boolean): readonly string[] {
  return [
    name,
    figure(value),
    low === undefined || high === undefined ? '–' : `${figure(low)} … ${figure(high)}`,
    baseline === undefined ? '–' : figure(baseline),
    ...(hasFolds ? [folds === undefined ? '–' : `${figure(folds.mean)} ± ${figure(folds.deviation)}`] : []),
  ];
}
