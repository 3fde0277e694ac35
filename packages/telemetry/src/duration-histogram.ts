import type { MetricObjectWithValues, MetricValueWithName, Registry } from 'prom-client';

/** Upper bounds in seconds: from half a millisecond, for what is answered at once, to ten seconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

type Labels = Readonly<Record<string, string>>;

/** The durations seen under one set of labels. */
export interface Durations {
  observe(seconds: number): void;
}

/**
 * A histogram of durations for prom-client's registry. Its label sets are looked up once and kept by whoever observes:
 * prom-client's own histogram puts the labels together and hashes them for every value, which costs more than counting.
 */
export class DurationHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #series = new Map<string, Series>();

  constructor(options: { readonly name: string; readonly help: string; readonly registry: Registry }) {
    this.name = options.name;
    this.help = options.help;
    options.registry.registerMetric(this as unknown as Parameters<Registry['registerMetric']>[0]);
  }

  labelled(labels: Labels): Durations {
    const key = JSON.stringify(labels);
    const series = this.#series.get(key) ?? new Series(labels);
    this.#series.set(key, series);
    return series;
  }

  /** What prom-client asks of a metric when it is scraped. */
  get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const { name, help, aggregator } = this;
    const values = [...this.#series.values()].flatMap((series) => series.values(name));
    return Promise.resolve({ name, help, aggregator, type: 'histogram', values } as unknown as MetricObjectWithValues<
      MetricValueWithName<string>
    >);
  }

  reset(): void {
    this.#series.clear();
  }
}

class Series implements Durations {
  readonly #labels: Labels;
  readonly #counts = new Float64Array(BOUNDS.length + 1);
  #sum = 0;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  observe(seconds: number): void {
    let slot = 0;
    while (slot < BOUNDS.length && seconds > (BOUNDS[slot] as number)) slot++;
    this.#counts[slot] = (this.#counts[slot] as number) + 1;
    this.#sum += seconds;
  }

  values(name: string): MetricValueWithName<string>[] {
    let count = 0;
    const buckets = [...BOUNDS, '+Inf'].map((le, slot) => {
      count += this.#counts[slot] as number;
      return { metricName: `${name}_bucket`, labels: { le, ...this.#labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: this.#labels, value: this.#sum },
      { metricName: `${name}_count`, labels: this.#labels, value: count },
    ];
  }
}
