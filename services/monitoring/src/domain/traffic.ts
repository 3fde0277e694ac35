import { AppError } from '@mlab/kernel';
import type { STEPS } from '@mlab/contracts/monitoring';

type Step = (typeof STEPS)[number];

/** What is added to one minute. */
export interface Counts {
  readonly minute: Date;
  readonly inputs: number;
  readonly byClass: Readonly<Record<string, number>>;
}

export interface Range {
  readonly from: Date;
  readonly to: Date;
  readonly step: Step;
}

export interface Bucket {
  readonly from: Date;
  readonly inputs: number;
  readonly predictions: readonly { readonly class: string; readonly count: number }[];
}

export interface TrafficStore {
  add(counts: Counts): Promise<boolean>;
  forgetBefore(time: Date): Promise<void>;
}

interface Batch {
  readonly count: number;
  readonly pending: number;
  readonly from: string;
  readonly byClass: Readonly<Record<string, number>>;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const LENGTH_MS: Readonly<Record<Step, number>> = { minute: MINUTE_MS, hour: 3_600_000, day: DAY_MS };
/** Most steps of one answer. */
const MAX_STEPS = 1500;

/** Counts a batch into the minute in which it began. An input whose prediction is awaited is told once more, and counted then. */
export async function count(store: TrafficStore, batch: Batch, keepDays: number, now: Date): Promise<void> {
  const minute = new Date(Math.floor(Date.parse(batch.from) / MINUTE_MS) * MINUTE_MS);
  const isFirst = await store.add({ minute, inputs: batch.count - batch.pending, byClass: batch.byClass });
  if (isFirst) await store.forgetBefore(new Date(now.getTime() - keepDays * DAY_MS));
}

/** The time that is asked for; without a beginning the last hour, without an end until now. */
export function readRange(asked: { readonly from?: string; readonly to?: string; readonly step: Step }, now: Date): Range {
  const to = readTime('to', asked.to) ?? now;
  const from = readTime('from', asked.from) ?? new Date(to.getTime() - LENGTH_MS.hour);
  if (from >= to) throw invalid('from', `is not before to, which is ${to.toISOString()}`, asked.from);
  const steps = (to.getTime() - from.getTime()) / LENGTH_MS[asked.step];
  if (steps > MAX_STEPS)
    throw invalid(
      'step',
      `makes ${Math.ceil(steps)} steps of this time, more than ${MAX_STEPS}: ask for a shorter time or a longer step`,
      asked.step,
    );
  return { from, to, step: asked.step };
}

function readTime(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw invalid(name, 'is not a time such as 2026-01-31T12:00:00Z', text);
  return time;
}

function invalid(name: string, what: string, input: unknown): AppError {
  return new AppError('invalid', `${name} ${what}.`, {
    issues: [{ type: 'value_error', loc: ['query', name], msg: `${name} ${what}`, input }],
  });
}
