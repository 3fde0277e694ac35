import { formatBytes } from '../../format.ts';
import { visibleText } from '../../visible-text.ts';
import type { Display } from './report.ts';
import type { Tally } from './tally.ts';
import type { Told } from './told.ts';

type Write = (text: string) => void;

const BAR = 24;
const EVERY_MS = 100;
const SAY_EVERY_MS = 5000;

/** A line that is written over, and failures above it. */
export function terminalDisplay(write: Write, now: () => number): Display & { clear(): void } {
  let last = -Infinity;
  const show = (tally: Tally): void => {
    last = now();
    write(`\r\u001B[K${barOf(tally)}${countsOf(tally)}`);
  };
  return {
    item(told, tally) {
      if (told.outcome === 'failed') write(`\r\u001B[K${sentenceOf(told)}\n`);
      if (now() - last >= EVERY_MS || told.outcome === 'failed') show(tally);
    },
    moved(tally) {
      if (now() - last >= EVERY_MS) show(tally);
    },
    clear: () => write('\r\u001B[K'),
  };
}

/** Lines for a log: each experiment, each failure, and every few seconds how far it has come. */
export function plainDisplay(write: Write, now: () => number): Display {
  let last = now();
  const moved = (tally: Tally): void => {
    if (now() - last < SAY_EVERY_MS) return;
    last = now();
    write(`… ${countsOf(tally)}\n`);
  };
  return {
    item(told, tally) {
      if (told.kind === 'experiment' || told.outcome === 'failed') write(`${sentenceOf(told)}\n`);
      moved(tally);
    },
    moved,
  };
}

/** One JSON object per line: `{"item": …}` for each thing, `{"progress": …}` every second. */
export function jsonDisplay(write: Write, now: () => number): Display {
  let last = -Infinity;
  const moved = (tally: Tally): void => {
    if (now() - last < 1000) return;
    last = now();
    const { values, bytes, expectedRuns } = tally;
    write(`${JSON.stringify({ progress: { runs: tally.count('run'), expectedRuns, files: tally.count('file'), values, bytes } })}\n`);
  };
  return {
    item(told, tally) {
      write(`${JSON.stringify({ item: told })}\n`);
      moved(tally);
    },
    moved,
  };
}

const sentenceOf = ({ kind, id, outcome, reason }: Told): string =>
  visibleText(`${kind} ${id}: ${outcome}${reason === undefined ? '' : `: ${reason}`}`);

function barOf(tally: Tally): string {
  const { expectedRuns } = tally;
  if (expectedRuns === 0) return '';
  const done = Math.min(1, tally.count('run') / expectedRuns);
  const filled = Math.round(done * BAR);
  return `[${'='.repeat(filled)}${' '.repeat(BAR - filled)}] ${Math.floor(done * 100)} % `;
}

function countsOf(tally: Tally): string {
  const runs = tally.expectedRuns === 0 ? `${tally.count('run')} runs` : `${tally.count('run')} of ${tally.expectedRuns} runs`;
  return `${runs}, ${tally.values.toLocaleString('en')} values, ${tally.count('file')} files, ${formatBytes(tally.bytes)}`;
}
