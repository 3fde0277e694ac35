import { answeredBy, failedWith, type Ending } from '#/domain/input-log/entry.ts';

/** A body of the Open Inference Protocol as the log sees it. */
export interface Tensors {
  /** The whole body, where it is JSON and not long. */
  readonly text: string | undefined;
  /** Its JSON part, where that could be read. */
  readonly json: unknown;
  readonly bytes: number;
  /** Of the bytes as they came. */
  readonly sha256: string;
  /** Whether values follow its JSON as bytes. */
  readonly binary: boolean;
  /** How it was compressed. */
  readonly encoding: string | undefined;
}

const MAX_TENSORS = 100;
const MAX_SHOWN = 256;

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const shown = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, MAX_SHOWN) : undefined);

/** The question or the answer itself, or what it is where it is long or binary. */
export const tensorsText = (tensors: Tensors, part: 'inputs' | 'outputs'): string =>
  tensors.text ?? JSON.stringify(summaryOf(tensors, part));

function summaryOf({ json, bytes, sha256, binary, encoding }: Tensors, part: 'inputs' | 'outputs'): object {
  const { id, model_name, model_version, [part]: list } = fieldsOf(json);
  return {
    ...(shown(id) === undefined ? {} : { id: shown(id) }),
    ...(shown(model_name) === undefined ? {} : { model_name: shown(model_name) }),
    ...(shown(model_version) === undefined ? {} : { model_version: shown(model_version) }),
    ...(Array.isArray(list) ? { [part]: list.slice(0, MAX_TENSORS).map((tensor) => tensorOf(fieldsOf(tensor))) } : {}),
    summary: { bytes, sha256, binary, ...(encoding === undefined ? {} : { encoding }) },
  };
}

const tensorOf = ({ name, shape, datatype }: Fields): object => ({
  name: shown(name),
  datatype: shown(datatype),
  shape: Array.isArray(shape) ? shape.slice(0, 16).map((size) => (typeof size === 'number' ? size : null)) : undefined,
});

interface Asked {
  readonly model: string;
  readonly version: string | undefined;
}

/** What became of a question, by the answer that its client gets. */
export function inferred(status: number, tensors: Tensors, asked: Asked, latencyMs: number): Ending {
  const fields = fieldsOf(tensors.json);
  if (status < 200 || status >= 300) {
    const error = shown(fields['error']) ?? `Service B answered ${status}.`;
    return { ...failedWith(status, error), model: asked.model, modelVersion: asked.version };
  }
  const { model_name, model_version, outputs } = fields;
  return answeredBy({
    model: shown(model_name) ?? asked.model,
    version: shown(model_version) ?? asked.version,
    class: classOf(outputs),
    confidence: undefined,
    prediction: tensorsText(tensors, 'outputs'),
    latencyMs,
  });
}

/** The only value of the first output that is no fraction: what a classifier says of one row. */
function classOf(outputs: unknown): string | undefined {
  if (!Array.isArray(outputs)) return undefined;
  for (const output of outputs.slice(0, MAX_TENSORS)) {
    const { datatype, data } = fieldsOf(output);
    if (typeof datatype !== 'string' || datatype.startsWith('FP') || !Array.isArray(data) || data.length !== 1) continue;
    const value: unknown = data[0];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value).slice(0, MAX_SHOWN);
  }
  return undefined;
}
