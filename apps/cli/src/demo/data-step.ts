import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { query } from '../import/server/pages.ts';
import { formatTable } from '../table.ts';
import { visibleText } from '../visible-text.ts';
import { columnValues } from './column-values.ts';
import { demoFile } from './demo-datasets.ts';
import { linesOf, type Demo, type DemoStep, type Told } from './demo-step.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly missing: number;
}

/** The file is sent, and what the service has read of it is shown. */
export const dataStep: DemoStep = {
  name: 'data',
  heading: () => 'The data',
  async run({ lab, dataset, made }): Promise<Told> {
    const file = demoFile(dataset);
    const id = await uploadOnce(lab, dataset.file, await readFile(file));
    made.dataset = id;
    const schema = await lab.training.json(`/datasets/${encodeURIComponent(id)}/schema${query({ target: dataset.target })}`);
    const columns = schema['columns'] as readonly Column[];
    const values = await columnValues(file);
    const rows = columns.map(({ name, type, missing }) => [
      visibleText(name) + (name === dataset.target ? ' (wanted)' : ''),
      type,
      String(missing),
      values(name, type),
    ]);
    const task = schema['task'] as { readonly kind: string };
    return {
      lines: [
        `${dataset.file} out of vega-datasets: ${String(schema['rows'])} rows, ${columns.length} columns. The task: ${task.kind}.`,
        '',
        ...linesOf(formatTable([['COLUMN', 'TYPE', 'MISSING', 'VALUES'], ...rows])),
      ],
      data: {
        dataset: id,
        file: dataset.file,
        rows: schema['rows'],
        target: dataset.target,
        task: task.kind,
        columns: columns.map(({ name, type, missing }) => ({ name, type, missing, values: values(name, type) })),
      },
    };
  },
};

/** The dataset of an earlier demo, where it has the same bytes. */
async function uploadOnce({ training }: Demo['lab'], fileName: string, bytes: Uint8Array): Promise<string> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { items } = await training.json(`/datasets${query({ name: fileName, limit: 100 })}`);
  const there = (items as readonly { readonly id: string; readonly sha256: string }[]).find((one) => one.sha256 === sha256);
  if (there !== undefined) return there.id;
  async function* body(): AsyncGenerator<Uint8Array, void, void> {
    yield bytes;
  }
  const sent = { method: 'POST', body, contentType: 'application/octet-stream' } as const;
  const { id } = await training.json(`/datasets/upload${query({ fileName, sha256 })}`, sent);
  return String(id);
}
