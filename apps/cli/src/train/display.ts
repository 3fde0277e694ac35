import { formatDuration } from '../format.ts';
import { visibleText } from '../visible-text.ts';
import type { JobProgress, Study } from './job.ts';

/** Where it is shown how far training is. */
export interface TrainingDisplay {
  line(text: string): void;
  progress(progress: JobProgress): void;
  study(study: Study): void;
  /** What is written over goes. */
  clear(): void;
}

type Write = (text: string) => void;

const BAR = 24;
const SAY_EVERY_MS = 2000;

export const figure = (value: number): string => (Number.isInteger(value) && Math.abs(value) < 1e9 ? String(value) : value.toPrecision(4));

const barOf = (share: number): string => {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return `[${'='.repeat(filled)}${' '.repeat(BAR - filled)}] ${Math.floor(share * 100)} %`;
};

function wordsOf({ phase, iteration, iterations, best, secondsLeft }: JobProgress): string {
  const at = iterations === undefined || phase !== 'training' ? '' : ` ${iteration} of ${iterations}`;
  const loss = best === undefined ? '' : `, ${best.metric.replace('_', ' ')} ${figure(best.value)}`;
  const left = secondsLeft === undefined || phase !== 'training' ? '' : `, ${formatDuration(secondsLeft * 1000)} left`;
  return `${phase}${at}${loss}${left}`;
}

const trialsOf = ({ trials, metric, best, state }: Study): string => {
  const ended = trials.complete + trials.pruned + trials.failed;
  const found = best?.value === undefined ? '' : `, best ${metric ?? 'value'} ${figure(best.value)} (trial ${best.number})`;
  const pruned = trials.pruned === 0 ? '' : `, ${trials.pruned} pruned`;
  return `${state === 'refitting' ? 'training with the best' : `trial ${ended} of ${trials.wanted}`}${pruned}${found}`;
};

const shareOf = ({ trials }: Study): number => (trials.complete + trials.pruned + trials.failed) / Math.max(1, trials.wanted);

/** A line that is written over, and what is said above it. */
export function terminalDisplay(write: Write): TrainingDisplay {
  const over = (text: string): void => write(`\r\u001B[K${visibleText(text)}`);
  return {
    line: (text) => write(`\r\u001B[K${visibleText(text)}\n`),
    progress: (progress) => over(`${barOf(progress.share)} ${wordsOf(progress)}`),
    study: (study) => over(`${barOf(shareOf(study))} ${trialsOf(study)}`),
    clear: () => write('\r\u001B[K'),
  };
}

/** Lines for a log: what changes, and every few seconds how far it is. */
export function plainDisplay(write: Write, now: () => number): TrainingDisplay {
  let last = Number.NEGATIVE_INFINITY;
  let phase = '';
  const say = (text: string, isNew: boolean): void => {
    if (!isNew && now() - last < SAY_EVERY_MS) return;
    last = now();
    write(`… ${visibleText(text)}\n`);
  };
  return {
    line: (text) => write(`${visibleText(text)}\n`),
    progress: (progress) => {
      const isNew = progress.phase !== phase;
      phase = progress.phase;
      say(wordsOf(progress), isNew);
    },
    study: (study) => {
      const isNew = study.state !== phase;
      phase = study.state;
      say(trialsOf(study), isNew);
    },
    clear: () => {},
  };
}

/** Nothing: one document comes in the end. */
export const noDisplay: TrainingDisplay = { line: () => {}, progress: () => {}, study: () => {}, clear: () => {} };
