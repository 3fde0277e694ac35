/** The losses of iterations, as they came. */
export interface Losses {
  readonly steps: readonly number[];
  readonly series: ReadonlyMap<string, readonly (number | null)[]>;
}

/** Of one iteration. */
export interface Loss {
  readonly step: number;
  /** null: none, or no number. */
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** So many iterations are shown at most. */
const MOST = 2000;

/** Keeps the losses of iterations for the report; of very many every second one, and so on. */
export function openLosses() {
  let every = 1;
  let kept: Loss[] = [];
  const add = (loss: Loss): void => {
    if (loss.step % every !== 0) return;
    kept.push(loss);
    if (kept.length < MOST) return;
    every *= 2;
    kept = kept.filter((one) => one.step % every === 0);
  };
  return {
    add: (step: number, metrics: Readonly<Record<string, number>>): void =>
      add({
        step,
        metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number.isFinite(value) ? value : null])),
      }),
    /** Begins with those of whoever trained before. */
    goOn: (before: readonly Loss[]): void => {
      kept = [];
      for (const loss of before) add(loss);
    },
    kept: (): readonly Loss[] => kept,
    losses: (): Losses => {
      const names = [...new Set(kept.flatMap(({ metrics }) => Object.keys(metrics)))];
      return {
        steps: kept.map(({ step }) => step),
        series: new Map(names.map((name) => [name, kept.map(({ metrics }) => metrics[name] ?? null)])),
      };
    },
  };
}
