import { AppError } from '@mlab/kernel/errors';
import { importanceOf } from '#/search/importance.ts';
import { shouldPrune, type Report } from '#/search/pruners.ts';
import { gridSize, suggest, type History } from '#/search/samplers.ts';
import { settingsOf, type StudyOptions, type StudySettings } from '#/search/settings.ts';
import { dimensionsOf, type Dimension, type Values } from '#/search/space.ts';
import type { Space } from '#/trainer.ts';

/** How a trial ended. */
export type Outcome = { readonly state: 'complete'; readonly value: number } | { readonly state: 'pruned' } | { readonly state: 'failed' };

export interface Trial {
  /** From 0, in the order in which they begin. */
  readonly number: number;
  readonly params: Values;
  readonly state: 'running' | Outcome['state'];
  /** Of a complete one. */
  readonly value?: number;
  /** What it told on its way, by steps. */
  readonly reports: readonly Report[];
}

/** Plain JSON, but for values that are no numbers, which JSON has as null. */
export interface StudyState {
  readonly space: Space;
  readonly settings: StudySettings;
  readonly trials: readonly Trial[];
}

export const openStudy = (space: Space, options: StudyOptions): Study => new Study({ space, settings: settingsOf(options), trials: [] });

/** Goes on with a study as its state was. */
export const studyFrom = (state: StudyState): Study => new Study(state);

/**
 * A search for good hyperparameters. It does not run trials: it says what to try, and hears what came of it.
 *
 * With `parallel` trials at a time, trial n may begin when all up to n − parallel have ended, and what it tries depends on the seed, on n, on the
 * results of those, and on what the trials between try, never on whether any of these happens to be finished. The same holds for whether it is
 * pruned: it is held against the trials up to n − parallel, all of which have ended. So a study comes to the same trials and the same result
 * whatever the timing was, on fewer threads than `parallel`, and when it was killed and went on; a trial that had begun is tried again from its
 * beginning or its checkpoint, under its own number.
 */
export class Study {
  readonly #space: Space;
  readonly #dimensions: readonly Dimension[];
  readonly #settings: StudySettings;
  readonly #trials: Trial[];

  constructor({ space, settings, trials }: StudyState) {
    this.#space = space;
    this.#dimensions = dimensionsOf(space);
    this.#settings = settings;
    this.#trials = trials.map((trial) => ({
      ...trial,
      reports: trial.reports.map(([step, value]): Report => [step, value ?? Number.NaN]),
    }));
    this.#trials.forEach(({ number }, index) => {
      if (number !== index) throw new AppError('invalid', `The state of the study has trial ${number} in the place of trial ${index}.`);
    });
  }

  get trials(): readonly Trial[] {
    return this.#trials;
  }

  /** How many different trials there can be, where they are those of a grid. */
  get size(): number {
    const { sampler } = this.#settings;
    return sampler.kind === 'grid' ? gridSize(this.#dimensions, sampler.points) : Number.POSITIVE_INFINITY;
  }

  /** The best of the complete trials; of equals the first. */
  get best(): Trial | undefined {
    return this.#ranked(this.#trials).find(({ state }) => state === 'complete');
  }

  /** The number of the next trial that may begin now; undefined while it has to wait for others. */
  ready(): number | undefined {
    const next = this.#trials.length;
    return this.#before(next).every(({ state }) => state !== 'running') ? next : undefined;
  }

  /** What trial `number` tries; the same whenever it is asked. It begins by this, when it had not. */
  suggest(number: number): Values {
    const known = this.#trials[number];
    if (known !== undefined) return known.params;
    if (this.ready() !== number) {
      const running = this.#trials.find(({ state }) => state === 'running')?.number;
      const why = number === this.#trials.length ? `trial ${running ?? 0} has ended` : `trial ${this.#trials.length} has begun`;
      throw new AppError('conflict', `Trial ${number} cannot begin before ${why}.`);
    }
    const { sampler, seed, parallel } = this.#settings;
    const history: History = {
      ranked: this.#ranked(this.#before(number)),
      pending: this.#trials.slice(Math.max(0, number - parallel + 1)),
    };
    const params = suggest(this.#dimensions, sampler, { seed, number, history });
    this.#trials.push({ number, params, state: 'running', reports: [] });
    return params;
  }

  /** Hears the value of a trial at a step, from 1; whether it should end. What is told again counts as it is told now. */
  report(number: number, step: number, value: number): boolean {
    const trial = this.#trial(number);
    if (!(Number.isSafeInteger(step) && step >= 1))
      throw new AppError('invalid', `The step of a report has to be an integer of at least 1, got ${step}.`);
    const reports = [...trial.reports.filter(([at]) => at !== step), [step, value] as const].toSorted(([a], [b]) => a - b);
    if (trial.state === 'running') this.#trials[number] = { ...trial, reports };
    const { pruner, direction } = this.#settings;
    const others = this.#before(number).map((other) => ({ isComplete: other.state === 'complete', reports: other.reports }));
    return shouldPrune(pruner, direction, { step, own: reports, others });
  }

  /** Hears how a trial ended. To be told the same again changes nothing; a value that is no number is a failure. */
  tell(number: number, outcome: Outcome): void {
    const trial = this.#trial(number);
    const isFailure = outcome.state === 'failed' || (outcome.state === 'complete' && !Number.isFinite(outcome.value));
    const { params, reports } = trial;
    const ended: Trial = { number, params, ...(isFailure ? { state: 'failed' } : outcome), reports };
    if (trial.state !== 'running') {
      if (trial.state === ended.state && trial.value === ended.value) return;
      throw new AppError('conflict', `Trial ${number} has ended already: it is ${trial.state}.`);
    }
    this.#trials[number] = ended;
  }

  /**
   * How much of what trials differ by each hyperparameter explains alone (fANOVA, see `importanceOf`); 1 less their sum is what only several
   * together explain. Empty while there are fewer than 4 complete trials, or nothing differs.
   */
  importance(): Readonly<Record<string, number>> {
    const complete = this.#trials.filter(({ state }) => state === 'complete');
    return importanceOf(
      this.#dimensions,
      complete.map(({ params, value = 0 }) => ({ params, value })),
      this.#settings.seed,
    );
  }

  state(): StudyState {
    return { space: this.#space, settings: this.#settings, trials: [...this.#trials] };
  }

  #trial(number: number): Trial {
    const trial = this.#trials[number];
    if (trial === undefined) throw new AppError('not_found', `There is no trial ${number}; it has to be suggested first.`);
    return trial;
  }

  /** The trials that have to have ended before this one may begin. */
  #before(number: number): readonly Trial[] {
    return this.#trials.slice(0, Math.max(0, number - this.#settings.parallel + 1));
  }

  /** The best first: complete ones by their value, then pruned ones by how far they came and how good they were there. */
  #ranked(trials: readonly Trial[]): readonly Trial[] {
    const sign = this.#settings.direction === 'minimize' ? 1 : -1;
    const last = ({ reports }: Trial): Report => reports.at(-1) ?? [0, Number.POSITIVE_INFINITY];
    const cost = (value: number): number => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : sign * value);
    const complete = trials.filter(({ state }) => state === 'complete').toSorted((a, b) => cost(a.value ?? 0) - cost(b.value ?? 0));
    const pruned = trials
      .filter(({ state }) => state === 'pruned')
      .toSorted((a, b) => last(b)[0] - last(a)[0] || compare(cost(last(a)[1]), cost(last(b)[1])));
    return [...complete, ...pruned];
  }
}

/** Also of infinities, whose difference is no number. */
const compare = (a: number, b: number): number => (a < b ? -1 : Number(a > b));
