import type { Loss } from '#/worker/losses.ts';
import type { Heard } from '#/threads/conduct.ts';

/** Lines that are no words for people, but say how far a program is. */
const MARK = 'mlab> ';
/** Longer lines may come in parts. */
const LOSSES_AT_ONCE = 40;
const LONGEST = 4000;

type Told = Exclude<Heard, { kind: 'checkpoint' | 'report' }>;

/** What is said, as lines. */
export function* linesOf(said: Heard): Generator<string, void, void> {
  if (said.kind === 'checkpoint' || said.kind === 'report') return;
  if (said.kind === 'earlier') {
    for (let at = 0; at < said.losses.length; at += LOSSES_AT_ONCE)
      yield MARK + JSON.stringify({ kind: 'earlier', losses: said.losses.slice(at, at + LOSSES_AT_ONCE) });
  } else yield MARK + JSON.stringify(said.kind === 'line' ? { ...said, text: said.text.slice(0, LONGEST) } : said);
}

/** What a line says; a line that is no progress is words. */
export function heardOf(line: string): Heard {
  if (!line.startsWith(MARK)) return { kind: 'line', level: 'info', text: line };
  try {
    const said = JSON.parse(line.slice(MARK.length)) as Told;
    return said.kind === 'iteration' ? { ...said, metrics: numbersOf(said.metrics) } : said;
  } catch {
    return { kind: 'line', level: 'info', text: line };
  }
}

/** JSON has null for what is no number. */
const numbersOf = (metrics: Loss['metrics']): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, value ?? Number.NaN]));
