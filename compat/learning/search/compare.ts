import { openStudy, type StudyOptions, type Values } from '@mlab/learning';
import { FUNCTIONS } from './functions.ts';

/* How low random search and TPE come on test functions: `compare.ts [trials] [seeds]` writes the median over the seeds, and what four fifths come below. compare.py asks Optuna the same. */

const [trials = 100, seeds = 31] = process.argv.slice(2).map(Number);

const SAMPLERS: Readonly<Record<string, Partial<StudyOptions>>> = {
  random: { sampler: { kind: 'random' } },
  'TPE, each range for itself': { sampler: { kind: 'tpe', multivariate: false } },
  TPE: { sampler: { kind: 'tpe' } },
  'TPE, 4 at a time': { sampler: { kind: 'tpe' }, parallel: 4 },
};

const quantile = (values: readonly number[], part: number): string =>
  (values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] as number).toPrecision(4);

for (const [name, { space, f }] of Object.entries(FUNCTIONS)) {
  for (const [sampler, options] of Object.entries(SAMPLERS)) {
    const bests = Array.from({ length: seeds }, (_, seed) => {
      const study = openStudy(space, { direction: 'minimize', ...options, seed });
      for (let number = 0; number < trials; number++) {
        // Those that run at a time have all begun before the first of them ends.
        study.suggest(number);
        const ending = number - (options.parallel ?? 1) + 1;
        if (ending >= 0) study.tell(ending, { state: 'complete', value: f(study.trials[ending]?.params as Values) });
      }
      return study.best?.value ?? Number.NaN;
    });
    console.log(`${name}\t${sampler}\t${quantile(bests, 0.5)}\t${quantile(bests, 0.8)}`);
  }
}
