import { KINDS, type Kind, type Outcome, type Told } from './told.ts';

/** Things that were skipped or have failed for one reason. */
export interface Reason {
  readonly kind: Kind;
  readonly outcome: Outcome;
  readonly reason: string;
  count: number;
  /** The first of them. */
  readonly ids: string[];
}

/** What has happened so far. */
export interface Tally {
  values: number;
  bytes: number;
  /** 0: nobody knows. */
  expectedRuns: number;
  add(told: Told): void;
  count(kind: Kind, outcome?: Outcome): number;
  readonly failed: number;
  readonly reasons: readonly Reason[];
}

/** Named of each reason; the others are counted. */
const MOST_IDS = 10;
/** Reasons that are kept apart: with an id in each of them they would be without end. */
const MOST_REASONS = 1000;

export function tallyOf(): Tally {
  const counts = new Map<string, number>();
  const reasons = new Map<string, Reason>();
  const count = (kind: Kind, outcome: Outcome): number => counts.get(`${kind} ${outcome}`) ?? 0;
  return {
    values: 0,
    bytes: 0,
    expectedRuns: 0,
    add({ kind, id, outcome, reason }) {
      counts.set(`${kind} ${outcome}`, count(kind, outcome) + 1);
      if (reason === undefined) return;
      const said = reasons.size < MOST_REASONS ? reason : 'for other reasons';
      const key = `${kind} ${outcome} ${said}`;
      const known = reasons.get(key) ?? { kind, outcome, reason: said, count: 0, ids: [] };
      reasons.set(key, known);
      known.count++;
      if (known.ids.length < MOST_IDS) known.ids.push(id);
    },
    count: (kind, outcome) =>
      outcome === undefined ? count(kind, 'brought') + count(kind, 'skipped') + count(kind, 'failed') : count(kind, outcome),
    get failed() {
      return KINDS.reduce((sum, kind) => sum + count(kind, 'failed'), 0);
    },
    get reasons() {
      return [...reasons.values()];
    },
  };
}
