import type { ModelDescription } from '@mlab/contracts/predictor-models';
import { datatypeOf } from '#/domain/datatypes.ts';
import type { Field } from '#/domain/fields.ts';
import type { Roles } from '#/domain/predictions.ts';
import type { ServedModel } from '#/domain/served-model.ts';

interface Known {
  readonly fields: readonly Field[];
  readonly roles: Roles;
  readonly explains: boolean;
  readonly example: unknown;
}

/** What a model asks for and gives. */
export function describe(model: ServedModel, { fields, roles, explains, example }: Known): ModelDescription {
  const task = model.metadata.get('task');
  const rows = exampleRows(fields, example);
  return {
    model: model.model,
    version: model.version,
    sha256: model.sha256,
    backend: model.backend,
    ...(task === undefined ? {} : { task }),
    inputs: fields.map(({ name, kind, port, shape, mayBeUnknown }) => ({
      name,
      kind,
      datatype: datatypeOf(port.type),
      shape: [...shape],
      mayBeUnknown,
    })),
    outputs: model.outputs.map(({ name, type, shape }) => ({
      name,
      datatype: datatypeOf(type),
      shape: (shape ?? []).map((dim) => (typeof dim === 'number' ? dim : -1)),
    })),
    ...(roles.classes === undefined ? {} : { classes: [...roles.classes] }),
    explains,
    ...(rows === undefined ? {} : { example: rows }),
  };
}

/** The rows of `input_example.json`, which has them column by column, or as MLflow has tables: `columns` and `data`. */
function exampleRows(fields: readonly Field[], example: unknown): unknown[] | undefined {
  if (typeof example !== 'object' || example === null) return undefined;
  const { columns, data } = example as { columns?: unknown; data?: unknown };
  if (Array.isArray(columns) && Array.isArray(data)) {
    return data
      .filter((row) => Array.isArray(row))
      .map((row: unknown[]) => Object.fromEntries(columns.map((name, at) => [String(name), row[at]])));
  }
  const lists = fields.map(({ name }) => (Object.hasOwn(example, name) ? (example as Record<string, unknown>)[name] : undefined));
  const count = Array.isArray(lists[0]) ? lists[0].length : 0;
  if (count === 0 || lists.some((list) => !Array.isArray(list) || list.length !== count)) return undefined;
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(fields.map(({ name, kind }, at) => [name, valueOf((lists[at] as unknown[])[row], kind)])),
  );
}

function valueOf(value: unknown, kind: Field['kind']): unknown {
  if (kind === 'tensor') return value;
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (kind === 'boolean' && (only === 0 || only === 1)) return only === 1;
  return kind === 'time' && typeof only === 'number' ? timeOf(only) : only;
}

const timeOf = (ms: number): unknown => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : ms);
