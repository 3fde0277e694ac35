import type { Download } from '@mlab/kernel';
import { csvLine, harmless } from '#/domain/input-log/csv.ts';
import type { Entry } from '#/domain/input-log/entry.ts';
import { timeOf } from '#/domain/input-log/input-id.ts';
import { toLoggedInput } from '#/domain/input-log/logged-input.ts';
import { toParquet } from '#/input-log/parquet.ts';

type Pages = AsyncIterable<readonly Entry[]>;

/** Pages of entries as a file: a page at a time is in memory. */
export function exportInputs(format: 'ndjson' | 'csv' | 'parquet', pages: Pages, options: { readonly quoteFormulas: boolean }): Download {
  const fileName = `inputs.${format}`;
  switch (format) {
    case 'ndjson':
      return { contentType: 'application/x-ndjson', fileName, body: encoded(pages, '', ndjsonLine) };
    case 'csv': {
      const text = options.quoteFormulas ? harmless : (value: string): string => value;
      return {
        contentType: 'text/csv; charset=utf-8; header=present',
        fileName,
        body: encoded(pages, csvLine(CSV_COLUMNS), (entry) => toCsv(entry, text)),
      };
    }
    case 'parquet':
      return { contentType: 'application/vnd.apache.parquet', fileName, body: toParquet(pages) };
  }
}

async function* encoded(pages: Pages, head: string, line: (entry: Entry) => string): AsyncGenerator<Uint8Array, void, void> {
  const encoder = new TextEncoder();
  if (head !== '') yield encoder.encode(head);
  for await (const page of pages) yield encoder.encode(page.map(line).join(''));
}

const ndjsonLine = (entry: Entry): string => `${JSON.stringify(toLoggedInput(entry))}\n`;

const CSV_COLUMNS =
  'id,received_at,data,length,sha256,outcome,status,class,confidence,latency_ms,model,model_version,error,trace_id,prediction'.split(',');

function toCsv(entry: Entry, text: (value: string) => string): string {
  const from = (value: string | undefined): string | undefined => (value === undefined ? undefined : text(value));
  const { id, data, length, sha256, outcome, status, confidence, latencyMs, model, modelVersion, error, traceId, prediction } = entry;
  const first = [id, new Date(timeOf(id)).toISOString(), from(data), length, sha256, outcome, status, from(entry.class), confidence];
  return csvLine([...first, latencyMs, from(model), from(modelVersion), from(error), traceId, prediction]);
}
