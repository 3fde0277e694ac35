import { CliError } from '../cli-error.ts';
import type { ProcessPlan } from '../topology.ts';
import { backoff } from './backoff.ts';
import type { ChildLife } from './child-life.ts';
import type { ProcessState, ProcessStatus } from './process-status.ts';

const DRAIN_WITHIN_MS = 10_000;
const HEALTHY_AFTER_MS = 30_000;

/** A process that is kept running: started, watched, started again when it falls, stopped. */
export interface ManagedProcess {
  readonly plan: ProcessPlan;
  /** Resolves when it is ready; rejects with the reason when it does not get there. */
  start(): Promise<void>;
  /** Resolves when it is gone. */
  stop(): Promise<void>;
  kill(): void;
  status(): ProcessStatus;
}

export interface Surroundings {
  launch(plan: ProcessPlan): ChildLife;
  /** Called after each change of state, with a sentence for the log. */
  changed(level: 'info' | 'error', sentence: string): void;
  readonly random: () => number;
  readonly readyWithinSeconds: number;
}

interface Run {
  readonly life: ChildLife;
  /** Started by the supervisor after a fall; else somebody asked for it and waits to hear how it went. */
  readonly automatic: boolean;
  readyAt?: number;
}

export function manageProcess(plan: ProcessPlan, around: Surroundings): ManagedProcess {
  let state: ProcessState = 'stopped';
  let reason: string | undefined;
  let current: Run | undefined;
  let urls: ReadonlyMap<string, string> = new Map();
  let starting: Promise<void> | undefined;
  let nextTry: NodeJS.Timeout | undefined;
  let failures = 0;
  let restarts = 0;

  function change(next: ProcessState, sentence: string, why?: string): void {
    state = next;
    reason = why;
    around.changed(next === 'crashed' ? 'error' : 'info', `${plan.name} ${endSentence(sentence)}`);
  }

  async function run(automatic: boolean): Promise<void> {
    const life = around.launch(plan);
    const mine: Run = { life, automatic };
    current = mine;
    change('starting', `starts as process ${life.pid}`);
    const gone = life.exited.then((why) => {
      ended(mine, why);
      return why;
    });
    const outcome = await firstNews(life, gone, around.readyWithinSeconds);
    if (typeof outcome === 'string') throw new CliError(`${plan.name} did not start: it ${endSentence(outcome)}`);
    if (state !== 'starting' || current !== mine) throw new CliError(`${plan.name} was stopped before it was ready.`);
    urls = outcome;
    mine.readyAt = Date.now();
    change('ready', 'is ready');
  }

  function ended(which: Run, why: string): void {
    if (current !== which) return;
    current = undefined;
    if (state === 'stopping') {
      change('stopped', 'has stopped');
      return;
    }
    if (which.readyAt === undefined && !which.automatic) {
      change('crashed', why, why);
      return;
    }
    if (which.readyAt !== undefined && Date.now() - which.readyAt >= HEALTHY_AFTER_MS) failures = 0;
    failures += 1;
    const wait = backoff(failures, around.random);
    change('crashed', `${why}; the next try is in ${(wait / 1000).toFixed(1)} s`, why);
    nextTry = setTimeout(() => {
      restarts += 1;
      // How it went shows in the state and the log; nobody waits for it.
      begin(true).catch(() => undefined);
    }, wait);
  }

  function begin(automatic: boolean): Promise<void> {
    clearTimeout(nextTry);
    starting ??= run(automatic).finally(() => (starting = undefined));
    return starting;
  }

  return {
    plan,
    async start() {
      if (state === 'ready') return;
      if (state === 'stopping') await current?.life.exited;
      if (state === 'stopped') failures = 0;
      await begin(false);
    },
    async stop() {
      clearTimeout(nextTry);
      if (!current) {
        if (state !== 'stopped') change('stopped', 'has stopped');
        return;
      }
      const { life } = current;
      if (state !== 'stopping') {
        change('stopping', 'stops');
        life.terminate();
      }
      const tooLong = setTimeout(() => life.kill(), DRAIN_WITHIN_MS);
      await life.exited;
      clearTimeout(tooLong);
    },
    kill() {
      current?.life.kill();
    },
    status: () => ({
      process: plan.name,
      services: plan.services.map(({ name, port }) => ({ name, port, url: urls.get(name) ?? `http://127.0.0.1:${port}` })),
      state,
      restarts,
      ...(reason === undefined ? {} : { reason }),
      ...(current?.life.pid === undefined ? {} : { pid: current.life.pid, startedAt: current.life.startedAt }),
    }),
  };
}

/** The addresses when it is ready, or why it ended before that. */
async function firstNews(life: ChildLife, gone: Promise<string>, withinSeconds: number): Promise<ReadonlyMap<string, string> | string> {
  const tooLate = setTimeout(() => life.kill(`was not ready within ${withinSeconds} s`), withinSeconds * 1000);
  const news = await Promise.race([life.ready, gone]);
  clearTimeout(tooLate);
  return news;
}

const endSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
