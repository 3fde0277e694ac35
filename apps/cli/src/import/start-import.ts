import { CliError, messageOf } from '../cli-error.ts';
import { HttpError } from './http/ask.ts';
import { openDoneItems, type DoneItems } from './done-items.ts';
import { openLab } from './lab/lab.ts';
import { openSource } from './open-source.ts';
import { jsonDisplay, plainDisplay, terminalDisplay } from './progress/displays.ts';
import { openReport } from './progress/report.ts';
import { summaryJson, summaryText } from './progress/summary.ts';
import { runImport } from './run-import.ts';

export interface ImportOptions {
  /** The URL or the folder. */
  readonly given: string;
  /** The gateway of the lab. */
  readonly base: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Where it is noted what is finished. */
  readonly stateFolder: string;
  readonly experiments: readonly string[];
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly verify: boolean;
  readonly output: { write(text: string): unknown; readonly isTTY?: boolean };
}

export async function startImport(options: ImportOptions): Promise<{ readonly interrupted: boolean; readonly complete: boolean }> {
  const { given, base, env, signal, stateFolder, experiments, dryRun, json, verify, output } = options;
  const source = await openSource(given, env, signal);
  const lab = openLab({ base, authorization: undefined, signal });
  await lab.greet().catch((error: unknown) => {
    if (error instanceof HttpError && error.status !== 0)
      throw new CliError(`${base} is no gateway of a lab that keeps runs: ${error.message}.`, { cause: error });
    throw new CliError(`${messageOf(error)}. npm start starts the lab, and --url names one elsewhere.`, { cause: error });
  });
  const now = (): number => performance.now();
  const write = (text: string): void => void output.write(text);
  const terminal = output.isTTY === true && !json ? terminalDisplay(write, now) : undefined;
  const report = openReport(terminal ?? (json ? jsonDisplay(write, now) : plainDisplay(write, now)));
  const started = now();
  const done =
    dryRun || verify ? withoutMemory(openDoneItems(stateFolder, source.name, base), dryRun) : openDoneItems(stateFolder, source.name, base);
  const ended = await runImport({ source, lab, report, done, signal, dryRun, experiments });
  terminal?.clear();
  const end = { ...ended, from: source.name, dryRun, ms: now() - started };
  write(json ? summaryJson(report.tally, end) : summaryText(report.tally, end));
  return { interrupted: ended.interrupted, complete: ended.stopped === undefined && report.tally.failed === 0 };
}

/** Notes what is finished, unless nothing is done, and does not remember what was. */
const withoutMemory = (done: DoneItems, dryRun: boolean): DoneItems => ({
  has: () => false,
  add: (...item) => (dryRun ? undefined : done.add(...item)),
});
