/** What makes the load. wrk costs least, which matters where it shares two cores with the servers; autocannon is always there. */
import { spawnSync } from 'node:child_process';
import { autocannon } from './autocannon.ts';
import { wrk } from './wrk.ts';

export interface Load {
  readonly url: string;
  /** The JSON text that every request posts. */
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface Measure {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that were not 2xx, connections refused or cut, timeouts. */
  readonly failures: number;
}

export interface Generator {
  readonly name: string;
  run(load: Load): Promise<Measure>;
}

const GENERATORS: Readonly<Record<string, Generator>> = { wrk, autocannon };

export function chooseGenerator(name: string | undefined): Generator {
  const chosen = GENERATORS[name ?? (isInstalled('wrk') ? 'wrk' : 'autocannon')];
  if (chosen === undefined) throw new Error(`There is no load generator ${name}; choose one of ${Object.keys(GENERATORS).join(', ')}.`);
  return chosen;
}

const isInstalled = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
