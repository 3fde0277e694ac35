import { invalidParameter } from '#/errors.ts';
import type { Order } from './filter.ts';

/** A field of the order of logged models, as a request has it. */
interface LoggedModelOrderBy {
  readonly field_name?: string | undefined;
  readonly ascending?: boolean | undefined;
  readonly dataset_name?: string | undefined;
  readonly dataset_digest?: string | undefined;
}

/** Of a metric, only what was measured on one dataset may count. */
export interface LoggedModelOrder extends Order {
  readonly datasetName: string | undefined;
  readonly datasetDigest: string | undefined;
}

const MAX_FIELDS = 100;

const ATTRIBUTES: Readonly<Record<string, string>> = {
  name: 'name',
  model_id: 'model_id',
  model_type: 'model_type',
  status: 'status',
  source_run_id: 'source_run_id',
  experiment_id: 'experiment_id',
  creation_timestamp: 'creation_timestamp',
  creation_time: 'creation_timestamp',
  creation_timestamp_ms: 'creation_timestamp',
  last_updated_timestamp: 'last_updated_timestamp',
  last_updated_time: 'last_updated_timestamp',
  last_updated_timestamp_ms: 'last_updated_timestamp',
};

/** The newest first; what is missing comes last in either direction. A metric counts by its latest value. */
const TIES: readonly Order[] = [
  { entity: 'attribute', key: 'creation_timestamp', ascending: false },
  { entity: 'attribute', key: 'model_id', ascending: true },
];

/** The whole order of logged models, which is asked for by objects and not by clauses. Throws INVALID_PARAMETER_VALUE. */
export function parseLoggedModelOrder(fields: readonly LoggedModelOrderBy[]): readonly LoggedModelOrder[] {
  if (fields.length > MAX_FIELDS) throw invalidParameter(`\`order_by\` has ${fields.length} fields, and ${MAX_FIELDS} is the most.`);
  const orders = fields.map(readField);
  const ties = TIES.filter((tie) => !orders.some(({ entity, key }) => entity === tie.entity && key === tie.key));
  return [...orders, ...ties.map((tie) => ({ ...tie, datasetName: undefined, datasetDigest: undefined }))];
}

function readField({ field_name: name, ascending = true, dataset_name, dataset_digest }: LoggedModelOrderBy): LoggedModelOrder {
  if (name === undefined || name === '') throw invalidParameter('`field_name` in the `order_by` clause must be specified.');
  const datasetName = dataset_name === '' ? undefined : dataset_name;
  const datasetDigest = dataset_digest === '' ? undefined : dataset_digest;
  if (datasetDigest !== undefined && datasetName === undefined) {
    throw invalidParameter('`dataset_digest` can only be specified if `dataset_name` is also specified.');
  }
  return { ...columnOf(name), ascending, datasetName, datasetDigest };
}

function columnOf(name: string): Omit<Order, 'ascending'> {
  const dot = name.indexOf('.');
  if (dot !== -1) {
    const key = name.slice(dot + 1);
    if (name.slice(0, dot) === 'metrics' && key !== '') return { entity: 'metric', key };
    throw invalidParameter(`Invalid order by field name: ${name}. Only metrics are supported, as \`metrics.<name>\`.`);
  }
  const key = Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined;
  if (key === undefined) throw invalidParameter(`Invalid order by field name: ${name}`);
  return { entity: 'attribute', key };
}
