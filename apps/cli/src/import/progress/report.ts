import { tallyOf, type Tally } from './tally.ts';
import type { Kind, Told } from './told.ts';

/** Told of everything that happens, as it happens. */
export interface Report {
  brought(kind: Kind, id: string): void;
  skipped(kind: Kind, id: string, reason: string): void;
  failed(kind: Kind, id: string, reason: string): void;
  /** Values of metrics that were sent. */
  values(count: number): void;
  bytes(count: number): void;
  /** Runs that are to come. */
  expect(runs: number): void;
  readonly tally: Tally;
}

/** Where what happens is shown. */
export interface Display {
  item(told: Told, tally: Tally): void;
  /** Something has moved: called very often. */
  moved(tally: Tally): void;
}

export function openReport(display: Display): Report {
  const tally = tallyOf();
  const tell = (told: Told): void => {
    tally.add(told);
    display.item(told, tally);
  };
  return {
    tally,
    brought: (kind, id) => tell({ kind, id, outcome: 'brought' }),
    skipped: (kind, id, reason) => tell({ kind, id, outcome: 'skipped', reason }),
    failed: (kind, id, reason) => tell({ kind, id, outcome: 'failed', reason }),
    values(count) {
      tally.values += count;
      display.moved(tally);
    },
    bytes(count) {
      tally.bytes += count;
      display.moved(tally);
    },
    expect(runs) {
      tally.expectedRuns += runs;
    },
  };
}
