import { CliError, usageError } from '../cli-error.ts';
import type { Command, CommandInput } from '../command.ts';
import { onInterrupt } from '../interrupts.ts';
import { ACTIONS, manage, type Action } from '../train/manage.ts';
import { readOrder } from '../train/order.ts';
import { startTraining, type Begun } from '../train/start-training.ts';
import { findTrainingLab, type TrainingLab } from '../train/training-lab.ts';

const INTERRUPTED = 130;

export const command: Command = {
  summary: 'Trains a model from a file: tracked, compared with a baseline, registered.',
  usage: 'train <file | -> --target <column> [options]   |   train list | status | logs | cancel | retry [job]',
  details: `  mlab train churn.csv --target churned
  mlab train churn.csv --target churned --search tpe --trials 50 --parallel 2
  gzip -dc prices.csv.gz | mlab train - --target price --task regression --name prices --json

  --target COLUMN      What is to be learnt. --task binary, multiclass, regression, clustering or anomaly: inferred where it is not said.
  --trainer NAME       boosting unless told otherwise; --param NAME=VALUE, several times, for its hyperparameters.
  --name MODEL         The registered model that gets a new version: as the file is called, unless told otherwise. --no-register: none.
  --experiment NAME    Where the run is tracked. --run-name NAME, --tag KEY=VALUE, several times.
  --split HOW          random, stratified, time:COLUMN, group:COLUMN or column:COLUMN; --test 0.2 and --validation 0.1 are shares of the rows.
  --cv FOLDS           Also cross-validates. --metric NAME: the one that counts. --slice COLUMN, several times: metrics by its values.
  --costs 1:50         Of two classes: what a false positive and a false negative cost; the threshold that costs least is told.
  --type COLUMN=KIND   number, boolean, text or time, where it looks like something else; --missing COLUMN=TEXT: a text that stands for no
                       value; --decimal-comma COLUMN: its numbers are written 1.234,5. Each several times.
  --feature, --exclude COLUMN, several times. --weights COLUMN, --balanced: classes count the same. --early-stopping ROUNDS.
  --search HOW         Looks for hyperparameters: tpe, random or grid; --trials, --parallel, --pruner none, median or asha, --timeout SECONDS.
  --executor WHERE     threads, local, ray or kubernetes: where it trains, as the service is configured; each trial by itself.
  --seed NUMBER        The same seed and file make the same model.
  --format FORMAT      csv, tsv, json, ndjson or parquet, where the file does not say so itself.
  --json               One JSON document in the end, for programs.
  --url URL            A gateway, or the training service, where the lab does not run under this MLAB_HOME.

Ctrl-C cancels the job. It ends with 0 when there is a model, with 1 when there is none, with 2 when it is asked for wrongly.`,
  options: {
    target: { type: 'string' },
    task: { type: 'string' },
    trainer: { type: 'string' },
    param: { type: 'string', multiple: true },
    name: { type: 'string' },
    'no-register': { type: 'boolean' },
    experiment: { type: 'string' },
    'run-name': { type: 'string' },
    tag: { type: 'string', multiple: true },
    split: { type: 'string' },
    test: { type: 'string' },
    validation: { type: 'string' },
    cv: { type: 'string' },
    metric: { type: 'string' },
    slice: { type: 'string', multiple: true },
    costs: { type: 'string' },
    type: { type: 'string', multiple: true },
    missing: { type: 'string', multiple: true },
    'decimal-comma': { type: 'string', multiple: true },
    executor: { type: 'string' },
    feature: { type: 'string', multiple: true },
    exclude: { type: 'string', multiple: true },
    weights: { type: 'string' },
    balanced: { type: 'boolean' },
    'early-stopping': { type: 'string' },
    search: { type: 'string' },
    trials: { type: 'string' },
    parallel: { type: 'string' },
    pruner: { type: 'string' },
    timeout: { type: 'string' },
    seed: { type: 'string' },
    format: { type: 'string' },
    json: { type: 'boolean' },
    url: { type: 'string' },
  },
  async run({ positionals: [first, ...rest], flags }) {
    if (first === undefined) throw usageError('mlab train takes a file, or - for standard input: mlab train churn.csv --target churned.');
    const url = flags['url'] === undefined ? undefined : String(flags['url']);
    const stop = new AbortController();
    using _interrupts = onInterrupt(() => stop.abort(new Error('interrupted')));
    process.stdout.on('error', () => stop.abort(new Error('nobody reads')));
    const isAction = ACTIONS.includes(first as Action);
    if (rest.length > (isAction ? 1 : 0)) throw usageError(`mlab train takes one file, and not also ${rest.at(-1)}.`);
    const json = flags['json'] === true;
    if (isAction) {
      try {
        const lab = await findTrainingLab(url, process.env, stop.signal);
        return await manage(first as Action, {
          lab,
          id: rest[0],
          json,
          signal: stop.signal,
          write: (text) => void process.stdout.write(text),
        });
      } catch (error) {
        if (stop.signal.aborted) return INTERRUPTED;
        throw error;
      }
    }
    // Awaited here, as long as interrupts are heard.
    return await trainFile(first, { flags, json, stop, url });
  },
};

interface Asked {
  readonly flags: CommandInput['flags'];
  readonly json: boolean;
  readonly stop: AbortController;
  readonly url: string | undefined;
}

async function trainFile(file: string, { flags, json, stop, url }: Asked): Promise<number> {
  const order = readOrder(file, flags);
  const { signal } = stop;
  const lab = await findTrainingLab(url, process.env, signal);
  const format = flags['format'] === undefined ? undefined : String(flags['format']);
  const begun: Begun = {};
  try {
    await startTraining({ file, order, lab, json, format, signal, input: process.stdin, output: process.stdout }, begun);
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    await cancel(await findTrainingLab(url, process.env, AbortSignal.timeout(CANCEL_MS)), begun);
    return INTERRUPTED;
  }
}

const CANCEL_MS = 15_000;

/** Whoever interrupts has what was begun ended too. */
async function cancel(lab: TrainingLab, { job, study }: Begun): Promise<void> {
  const path = job !== undefined ? `/jobs/${job}/cancel` : study !== undefined ? `/studies/${study}/stop` : undefined;
  if (path === undefined) return;
  const what = job !== undefined ? `The job ${job} was cancelled.` : `The study ${study ?? ''} was stopped.`;
  try {
    await lab.json(path, { method: 'POST', json: {}, attempts: 1 });
    process.stderr.write(`\n${what}\n`);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
  }
}
