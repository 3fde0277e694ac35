import { usageError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { DEMO_DATASETS } from '../demo/demo-datasets.ts';
import type { Made } from '../demo/demo-step.ts';
import { textFlag } from '../flag-values.ts';
import { onInterrupt } from '../interrupts.ts';

const INTERRUPTED = 130;
const CANCEL_MS = 15_000;
const NAMES = Object.keys(DEMO_DATASETS);

export const command: Command = {
  summary: 'Shows the whole way on real data: trained, registered, approved, deployed, asked, explained.',
  usage: `demo [--dataset ${NAMES.join('|')}] [--json]`,
  details: `The lab must run: npm start. The data is real, and ships with mlab:

${Object.entries(DEMO_DATASETS)
  .map(([name, { question }]) => `  --dataset ${name.padEnd(11)}${question}`)
  .join('\n')}

What it prints can be run as it is printed. Run again it makes another version, and the champion moves on to it. Nothing else of the lab is
touched: the model is called as the dataset, the experiment is demo.

  --json       A JSON object per step and line, for programs.
  --url URL    The gateway, where the lab does not run under this MLAB_HOME.`,
  options: { dataset: { type: 'string' }, json: { type: 'boolean' }, url: { type: 'string' } },
  async run({ positionals: [stray], flags }) {
    const name = textFlag(flags, 'dataset') ?? 'penguins';
    const dataset = Object.hasOwn(DEMO_DATASETS, name) ? DEMO_DATASETS[name] : undefined;
    if (stray !== undefined) throw usageError(`mlab demo takes no ${stray}; --dataset says which data: ${NAMES.join(', ')}.`);
    if (dataset === undefined) throw usageError(`--dataset takes ${NAMES.join(', ')}, and not "${name}".`);
    const [{ findDemoLab }, { runDemo }] = await Promise.all([import('../demo/demo-lab.ts'), import('../demo/run-demo.ts')]);
    const stop = new AbortController();
    using _interrupts = onInterrupt(() => stop.abort(new Error('interrupted')));
    process.stdout.on('error', () => stop.abort(new Error('nobody reads')));
    const made: Made = {};
    const url = textFlag(flags, 'url');
    try {
      const lab = await findDemoLab(url, process.env, stop.signal);
      await runDemo({ lab, name, dataset, json: flags['json'] === true, signal: stop.signal, output: process.stdout, made });
      return 0;
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      if (made.training !== undefined) {
        const lab = await findDemoLab(url, process.env, AbortSignal.timeout(CANCEL_MS));
        await lab.training.json(`/jobs/${made.training}/cancel`, { method: 'POST', json: {}, attempts: 1 });
        process.stderr.write(`\nThe job ${made.training} was cancelled.\n`);
      }
      return INTERRUPTED;
    }
  },
};
