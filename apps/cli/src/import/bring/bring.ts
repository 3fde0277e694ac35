import type { DoneItems } from '../done-items.ts';
import type { Lab } from '../lab/lab.ts';
import type { Report } from '../progress/report.ts';
import type { Source } from '../source.ts';

/** What everything that brings something needs. */
export interface Bring {
  readonly source: Source;
  readonly lab: Lab;
  readonly report: Report;
  readonly done: DoneItems;
  readonly signal: AbortSignal;
  /** Looks, and brings nothing. */
  readonly dryRun: boolean;
  /** Names of experiments; empty: all. */
  readonly experiments: readonly string[];
}

/** Nothing more can be brought, whatever it is. */
export class Hopeless extends Error {}
