/** The losses of iterations, as they came. */
export interface Losses {
  readonly steps: readonly number[];
  readonly series: ReadonlyMap<string, readonly (number | null)[]>;
}

/** So many iterations are shown at most. */
const MOST = 2000;

/** Keeps the losses of iterations for the report; of very many every second one, and so on. */
export function openLosses(): { add(step: number, metrics: Readonly<Record<string, number>>): void; losses(): Losses } {
  let every = 1;
  let kept: { readonly step: number; readonly metrics: Readonly<Record<string, number>> }[] = [];
  return {
    add: (step, metrics) => {
      if (step % every !== 0) return;
      kept.push({ step, metrics });
      if (kept.length < MOST) return;
      every *= 2;
      kept = kept.filter((one) => one.step % every === 0);
    },
    losses: () => {
      const names = [...new Set(kept.flatMap(({ metrics }) => Object.keys(metrics)))];
      const finite = (value: number | undefined): number | null => (value === undefined || !Number.isFinite(value) ? null : value);
      const series = new Map(names.map((name) => [name, kept.map(({ metrics }) => finite(metrics[name]))]));
      return { steps: kept.map(({ step }) => step), series };
    },
  };
}
