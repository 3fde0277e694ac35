import { CliError, messageOf } from '../cli-error.ts';
import { backoff } from './backoff.ts';
import { grpcKey, type ChildLife } from './child-life.ts';
import type { ProcessState, ProcessStatus, ServiceStatus } from './process-status.ts';

const HEALTHY_AFTER_MS = 30_000;

/** What is to run under one name, and how it is run. */
export interface ProcessSpec {
  readonly name: string;
  readonly services: readonly ServiceStatus[];
  readonly readyWithinSeconds: number;
  /** How long it may take to finish its work before it is killed, in milliseconds. */
  readonly drainWithinMs: number;
  /** Rejects with a sentence when there is no point in trying, such as a port that is taken. */
  launch(): Promise<ChildLife>;
}

/** A process that is kept running: started, watched, started again when it falls, stopped. */
export interface ManagedProcess {
  readonly name: string;
  /** Resolves when it is ready; rejects with the reason when it does not get there, and goes on trying. */
  start(): Promise<void>;
  /** Resolves when it is gone. */
  stop(): Promise<void>;
  kill(): void;
  status(): ProcessStatus;
}

export interface Surroundings {
  /** Called after each change of state, with a sentence for the log. */
  changed(level: 'info' | 'error', sentence: string): void;
  readonly random: () => number;
}

interface Run {
  readonly life: ChildLife;
  readyAt?: number;
}

export function manageProcess(spec: ProcessSpec, around: Surroundings, earlierRestarts = 0): ManagedProcess {
  const { name } = spec;
  let state: ProcessState = 'stopped';
  let reason: string | undefined;
  let current: Run | undefined;
  let urls: ReadonlyMap<string, string> = new Map();
  let starting: Promise<void> | undefined;
  let nextTry: NodeJS.Timeout | undefined;
  let failures = 0;
  let restarts = earlierRestarts;

  function change(next: ProcessState, sentence: string, why?: string): void {
    state = next;
    reason = why === undefined ? undefined : endSentence(why);
    around.changed(next === 'crashed' ? 'error' : 'info', `${name} ${endSentence(sentence)}`);
  }

  async function run(): Promise<void> {
    // While it is tried again, why it fell is still the news.
    change('starting', 'starts', state === 'crashed' ? reason : undefined);
    const launched = await spec.launch().catch((error: unknown) => `cannot start: ${messageOf(error)}`);
    if (wasStopped()) {
      if (typeof launched === 'string') throw stoppedTooEarly(name);
      launched.kill();
      await launched.exited;
      throw stoppedTooEarly(name);
    }
    if (typeof launched === 'string') {
      fell(launched);
      throw new CliError(`${name} ${endSentence(launched)}`);
    }
    const mine: Run = { life: launched };
    current = mine;
    around.changed('info', `${name} is process ${launched.pid}.`);
    const gone = launched.exited.then((why) => {
      ended(mine, why);
      return why;
    });
    const outcome = await firstNews(launched, gone, spec.readyWithinSeconds);
    if (wasStopped() || (typeof outcome !== 'string' && current !== mine)) throw stoppedTooEarly(name);
    if (typeof outcome === 'string') throw new CliError(`${name} ${endSentence(outcome)}`);
    urls = outcome;
    mine.readyAt = Date.now();
    change('ready', 'is ready');
  }

  const wasStopped = (): boolean => state === 'stopping' || state === 'stopped';

  function ended(which: Run, why: string): void {
    if (current !== which) return;
    current = undefined;
    if (state === 'stopping') {
      change('stopped', 'has stopped');
      return;
    }
    if (which.readyAt !== undefined && Date.now() - which.readyAt >= HEALTHY_AFTER_MS) failures = 0;
    fell(why);
  }

  function fell(why: string): void {
    failures += 1;
    const wait = backoff(failures, around.random);
    change('crashed', `${why.replace(/\.$/, '')}; the next try is in ${(wait / 1000).toFixed(1)} s`, why);
    nextTry = setTimeout(() => {
      restarts += 1;
      // How it went shows in the state and the log; nobody waits for it.
      begin().catch(() => undefined);
    }, wait);
  }

  function begin(): Promise<void> {
    clearTimeout(nextTry);
    starting ??= run().finally(() => (starting = undefined));
    return starting;
  }

  return {
    name,
    async start() {
      if (state === 'ready') return;
      if (state === 'stopping') await Promise.allSettled([current?.life.exited, starting]);
      if (state === 'stopped') failures = 0;
      await begin();
    },
    async stop() {
      clearTimeout(nextTry);
      if (!current) {
        if (state === 'starting') {
          // It is being launched: whoever does that sees that it is not wanted any more.
          state = 'stopping';
          await starting?.catch(() => undefined);
        }
        if (state !== 'stopped') change('stopped', 'has stopped');
        return;
      }
      const { life } = current;
      if (state !== 'stopping') {
        change('stopping', 'stops');
        life.terminate();
      }
      const tooLong = setTimeout(() => life.kill(), spec.drainWithinMs);
      await life.exited;
      clearTimeout(tooLong);
    },
    kill() {
      current?.life.kill();
    },
    status: () => ({
      process: name,
      services: spec.services.map((service) => withUrls(service, urls)),
      state,
      restarts,
      ...(reason === undefined ? {} : { reason }),
      ...(current?.life.pid === undefined ? {} : { pid: current.life.pid, startedAt: current.life.startedAt }),
    }),
  };
}

export const stoppedTooEarly = (name: string): CliError => new CliError(`${name} was stopped before it was ready.`);

/** What a process told of itself when it was ready; of a free port nothing else tells. */
function withUrls(service: ServiceStatus, urls: ReadonlyMap<string, string>): ServiceStatus {
  const url = urls.get(service.name);
  if (url === undefined) return service;
  const [port, grpcPort] = [portOf(url), portOf(urls.get(grpcKey(service.name)))];
  return { ...service, url, ...(port === 0 ? {} : { port }), ...(grpcPort === 0 ? {} : { grpcPort }) };
}

const portOf = (url = ''): number => (URL.canParse(url) ? Number(new URL(url).port) : 0);

/** The addresses when it is ready, or why it ended before that. */
async function firstNews(life: ChildLife, gone: Promise<string>, withinSeconds: number): Promise<ReadonlyMap<string, string> | string> {
  const tooLate = setTimeout(() => life.kill(`was not ready within ${withinSeconds} s`), withinSeconds * 1000);
  const news = await Promise.race([life.ready, gone]);
  clearTimeout(tooLate);
  return news;
}

const endSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
