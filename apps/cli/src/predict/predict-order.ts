import { usageError } from '../cli-error.ts';
import type { CommandInput } from '../command.ts';
import { numberFlag, pairFlags, textFlag } from '../flag-values.ts';
import type { Which } from './model-door.ts';
import { ROW_FORMATS, type RowFormat } from './rows/open-rows.ts';

/** What the command line asks for. */
export interface PredictOrder {
  readonly model: string;
  readonly which: Which;
  /** A path, `-` for standard input, or the values of one row. */
  readonly rows: string | readonly (readonly [string, string])[];
  readonly format: RowFormat | undefined;
  readonly explains: boolean;
  /** How it is written: `table` for people. */
  readonly form: OutputForm;
  /** A file; undefined: standard output. */
  readonly output: string | undefined;
  readonly url: string | undefined;
}

export type OutputForm = 'table' | 'csv' | 'lines' | 'list';

const FORMS: Readonly<Record<string, OutputForm>> = { csv: 'csv', ndjson: 'lines', jsonl: 'lines', json: 'list' };

/** Throws what says which part of the command line is wrong. */
export function readPredictOrder({ positionals, flags }: CommandInput): PredictOrder {
  const [model, positional, ...rest] = positionals;
  if (model === undefined) throw usageError('mlab predict takes a model: mlab predict churn --file customers.csv.');
  if (rest.length > 0) throw usageError(`mlab predict takes a model and a file, and not also ${rest.at(-1)}.`);
  const file = textFlag(flags, 'file');
  if (file !== undefined && positional !== undefined) throw usageError(`Rows come from one file: ${file}, or ${positional}?`);
  const set = pairFlags(flags, 'set', 'age=31');
  const from = file ?? positional;
  if (from === undefined && set.length === 0)
    throw usageError(
      'mlab predict takes rows: --file rows.csv, --file - for standard input, or --set NAME=VALUE for each value of one row.',
    );
  if (from !== undefined && set.length > 0) throw usageError('Rows come from a file or from --set, and not from both.');
  const twice = set.find(([name], index) => set.findIndex(([other]) => other === name) !== index);
  if (twice !== undefined) throw usageError(`--set says twice what "${twice[0]}" is.`);
  const [version, alias] = [numberFlag(flags, 'version', 1), textFlag(flags, 'alias')];
  if (version !== undefined && alias !== undefined) throw usageError('A version is named by --version or by --alias, and not by both.');
  const output = textFlag(flags, 'output');
  return {
    model,
    which: { ...(version === undefined ? {} : { version }), ...(alias === undefined ? {} : { alias }) },
    rows: from ?? set,
    format: formatOf(textFlag(flags, 'format')),
    explains: flags['explain'] === true,
    form: formOf(flags, output),
    output,
    url: textFlag(flags, 'url'),
  };
}

function formatOf(format: string | undefined): RowFormat | undefined {
  if (format === undefined || ROW_FORMATS.includes(format as RowFormat)) return format as RowFormat | undefined;
  throw usageError(`--format takes ${ROW_FORMATS.join(', ')}, and not "${format}".`);
}

function formOf(flags: CommandInput['flags'], output: string | undefined): OutputForm {
  if (flags['json'] === true && flags['csv'] === true) throw usageError('--json and --csv are two ways to write it; say one.');
  if (flags['json'] === true) return 'lines';
  if (flags['csv'] === true) return 'csv';
  if (output === undefined) return 'table';
  const form = FORMS[/\.([a-z]+)$/i.exec(output)?.[1]?.toLowerCase() ?? ''];
  if (form !== undefined) return form;
  throw usageError(`--output takes a file that ends with .csv, .ndjson or .json, or say --csv or --json; it is "${output}".`);
}
