import { Counter, DurationHistogram, Gauge, type Durations, type Metrics } from '@mlab/telemetry';

/** What is counted of one version; it goes on counting when the version is loaded again. */
export interface VersionTally {
  questions: number;
  invalid: number;
  failed: number;
  rows: number;
  ignoredFields: number;
  loads: number;
  loadFailures: number;
  quarantines: number;
  memoryBytes: number;
  readonly durations: Durations;
}

export interface Tally {
  of(model: string, version: number): VersionTally;
  /** Another version answers for a model, or for one of its aliases. */
  swapped(model: string): void;
}

/** So many versions, and models, are told apart in the metrics; all others are counted together as `other`. */
const MOST = 500;

/** Counted in plain numbers, which the registry of metrics reads when it is asked: a question costs no look-up of labels. */
export function openTally({ registry }: Metrics): Tally {
  const registers = [registry];
  const versions = new Map<string, { readonly labels: Readonly<Record<'model' | 'version', string>>; readonly tally: VersionTally }>();
  const swaps = new Map<string, number>();
  const durations = new DurationHistogram({
    name: 'mlab_model_duration_seconds',
    help: 'How long questions to models took, waiting included.',
    registry,
  });
  const counter = (
    name: string,
    help: string,
    read: (tally: VersionTally) => Readonly<Record<string, number>>,
    labels: string[] = [],
  ): void => {
    new Counter({
      name,
      help,
      labelNames: ['model', 'version', ...labels],
      registers,
      collect() {
        this.reset();
        for (const { labels: own, tally } of versions.values())
          for (const [value, count] of Object.entries(read(tally)))
            this.inc(labels[0] === undefined ? own : { ...own, [labels[0]]: value }, count);
      },
    });
  };
  counter(
    'mlab_model_questions_total',
    'Questions to models, by what came of them: answered, invalid, failed.',
    ({ questions, invalid, failed }) => ({ answered: questions - invalid - failed, invalid, failed }),
    ['outcome'],
  );
  counter('mlab_model_rows_total', 'Rows that models have predicted for.', ({ rows }) => ({ '': rows }));
  counter('mlab_model_ignored_fields_total', 'Fields of rows that the model has no input for.', ({ ignoredFields }) => ({
    '': ignoredFields,
  }));
  counter(
    'mlab_model_loads_total',
    'Times that a version was loaded, or could not be.',
    (tally) => ({ loaded: tally.loads, failed: tally.loadFailures }),
    ['outcome'],
  );
  counter('mlab_model_quarantines_total', 'Times that a version was put in quarantine.', ({ quarantines }) => ({ '': quarantines }));
  new Gauge({
    name: 'mlab_model_memory_bytes',
    help: 'What a version in memory is reckoned to take.',
    labelNames: ['model', 'version'],
    registers,
    collect() {
      this.reset();
      for (const { labels, tally } of versions.values()) if (tally.memoryBytes > 0) this.inc(labels, tally.memoryBytes);
    },
  });
  new Counter({
    name: 'mlab_model_swaps_total',
    help: 'Times that another version took the place of the one that answered.',
    labelNames: ['model'],
    registers,
    collect() {
      this.reset();
      for (const [model, count] of swaps) this.inc({ model }, count);
    },
  });

  return {
    of(model, version) {
      const key = `${version} ${model}`;
      const known = versions.get(key);
      if (known !== undefined) return known.tally;
      const isMore = versions.size >= MOST;
      if (isMore && versions.has('')) return (versions.get('') as { tally: VersionTally }).tally;
      const labels = isMore ? { model: 'other', version: 'other' } : { model, version: String(version) };
      const tally = { ...NOTHING, durations: durations.labelled(labels) };
      versions.set(isMore ? '' : key, { labels, tally });
      return tally;
    },
    swapped(model) {
      const name = swaps.has(model) || swaps.size < MOST ? model : 'other';
      swaps.set(name, (swaps.get(name) ?? 0) + 1);
    },
  };
}

const NOTHING = {
  questions: 0,
  invalid: 0,
  failed: 0,
  rows: 0,
  ignoredFields: 0,
  loads: 0,
  loadFailures: 0,
  quarantines: 0,
  memoryBytes: 0,
};
