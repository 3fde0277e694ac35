import type { Command } from '../command.ts';
import { onInterrupt } from '../interrupts.ts';

const INTERRUPTED = 130;

export const command: Command = {
  summary: 'Asks a model for predictions: for the rows of a file, of standard input, or for one row.',
  usage: 'predict <model> <file | -> [options]   |   predict <model> --set <name>=<value>…',
  details: `  mlab predict churn --file customers.csv
  mlab predict churn --file customers.csv --output predicted.csv
  mlab predict churn --set months=3 --set plan=basic --explain
  gzip -dc customers.ndjson.gz | mlab predict churn - --json

  --file FILE       CSV with names in its first line, TSV, NDJSON, JSON or Parquet, also gzipped or zstd; - is standard input. May also
                    stand alone.
  --set NAME=VALUE  A value of the only row, several times.
  --version NUMBER, --alias NAME: which version answers. Neither: the one that Service B takes by itself, the champion where there is one.
                    All rows are answered by the same version.
  --explain         Also what each input moved the prediction by, for trees and linear models.
  --json            An object per row and line, for programs. --csv: the rows as they came, with what is predicted behind them.
  --output FILE     Into a file that ends with .csv, .ndjson or .json: it is there whole, or not at all.
  --format FORMAT   csv, tsv, ndjson, json or parquet, where the file does not say so itself.
  --url URL         A gateway, or Service B, where the lab does not run under this MLAB_HOME.

What is not known is left empty, or NA. It ends with 0 when all rows are answered, with 1 when something is wrong with them or with the model,
with 2 when it is asked for wrongly, and with 3 when nothing runs.`,
  options: {
    file: { type: 'string' },
    set: { type: 'string', multiple: true },
    version: { type: 'string' },
    alias: { type: 'string' },
    explain: { type: 'boolean' },
    json: { type: 'boolean' },
    csv: { type: 'boolean' },
    output: { type: 'string' },
    format: { type: 'string' },
    url: { type: 'string' },
  },
  async run(asked) {
    const { readPredictOrder } = await import('../predict/predict-order.ts');
    const order = readPredictOrder(asked);
    const [{ findModelDoor }, { startPredicting }] = await Promise.all([
      import('../predict/model-door.ts'),
      import('../predict/start-predicting.ts'),
    ]);
    const stop = new AbortController();
    using _interrupts = onInterrupt(() => stop.abort(new Error('interrupted')));
    // Whoever reads may have seen enough (… | head).
    process.stdout.on('error', () => stop.abort(new Error('nobody reads')));
    try {
      const door = await findModelDoor(order.url, process.env, stop.signal);
      await startPredicting({ order, door, signal: stop.signal, input: process.stdin, output: process.stdout, messages: process.stderr });
      return 0;
    } catch (error) {
      if (stop.signal.aborted) return INTERRUPTED;
      throw error;
    }
  },
};
