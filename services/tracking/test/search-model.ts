/**
 * What a search of runs should find, without a database: the meaning of MLflow's filters and orders over plain objects, and random runs,
 * filters and orders to compare it with.
 */

export interface ModelRun {
  readonly id: string;
  readonly experiment: string;
  readonly deleted: boolean;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly datasets: readonly { readonly name: string; readonly digest: string; readonly context?: string | undefined }[];
}

type Entity = 'metric' | 'param' | 'tag' | 'attribute' | 'dataset';

export type ModelFilter =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly ModelFilter[] }
  | { readonly kind: 'not'; readonly part: ModelFilter }
  | {
      readonly kind: 'compare';
      readonly entity: Entity;
      readonly key: string;
      readonly operator: string;
      readonly value: string | number | readonly string[] | undefined;
    };

type Compare = Extract<ModelFilter, { kind: 'compare' }>;

export interface ModelOrder {
  readonly entity: Exclude<Entity, 'dataset'>;
  readonly key: string;
  readonly ascending: boolean;
}

export function matches(run: ModelRun, filter: ModelFilter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => matches(run, part));
    case 'or':
      return filter.parts.some((part) => matches(run, part));
    case 'not':
      return !matches(run, filter.part);
    case 'compare':
      return compare(run, filter);
  }
}

/** What is missing matches nothing but IS NULL. */
function compare(run: ModelRun, { entity, key, operator, value }: Compare): boolean {
  if (entity === 'dataset') {
    return run.datasets.some((dataset) => {
      const has = dataset[key as 'name'];
      return has !== undefined && compareText(has, operator, value);
    });
  }
  const has = valueOf(run, entity, key);
  if (operator === 'IS NULL') return has === undefined;
  if (operator === 'IS NOT NULL') return has !== undefined;
  if (has === undefined) return false;
  return typeof has === 'number' ? compareNumber(has, operator, value as number) : compareText(has, operator, value);
}

function valueOf(run: ModelRun, entity: Exclude<Entity, 'dataset'>, key: string): string | number | undefined {
  return run[`${entity}s`][key];
}

const NUMBERS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
};

/** JavaScript's NaN is unlike every number, and so is MLflow's. */
function compareNumber(has: number, operator: string, value: number): boolean {
  return NUMBERS[operator]?.(has, value) ?? false;
}

function compareText(has: string, operator: string, value: Compare['value']): boolean {
  switch (operator) {
    case '=':
      return has === value;
    case '!=':
      return has !== value;
    case 'LIKE':
      return like(value as string).test(has);
    case 'ILIKE':
      return like(lower(value as string)).test(lower(has));
    case 'IN':
      return (value as readonly string[]).includes(has);
    case 'NOT IN':
      return !(value as readonly string[]).includes(has);
    default:
      throw new Error(`The model knows no ${operator}.`);
  }
}

/** `%` is any text, `_` is one character, and there is no escape. */
function like(pattern: string): RegExp {
  const source = Array.from(pattern, (each) =>
    each === '%' ? '.*' : each === '_' ? '.' : each.replace(/[\\^$.*+?()[\]{}|/-]/, String.raw`\$&`),
  );
  return new RegExp(`^${source.join('')}$`, 'su');
}

/** Only of the letters of ASCII, as in SQLite. */
const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Sorts as asked, then the latest first, then by id. */
export function sorted(runs: readonly ModelRun[], order: readonly ModelOrder[]): readonly ModelRun[] {
  const whole: readonly ModelOrder[] = [
    ...order,
    { entity: 'attribute', key: 'start_time', ascending: false },
    { entity: 'attribute', key: 'run_id', ascending: true },
  ];
  return runs.toSorted((a, b) => {
    for (const { entity, key, ascending } of whole) {
      const [x, y] = [valueOf(a, entity, key), valueOf(b, entity, key)];
      const difference = rank(x) - rank(y) || (rank(x) > 0 ? 0 : compareValues(x, y) * (ascending ? 1 : -1));
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

/** What is missing stands last in either direction, and NaN before it. */
const rank = (value: string | number | undefined): number => (value === undefined ? 2 : Number.isNaN(value) ? 1 : 0);

function compareValues(a: string | number | undefined, b: string | number | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : Number(a > b);
  // By characters, which is not the order of JavaScript's halves of them.
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

type Random = () => number;

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

const METRICS = ['m', 'loss/val', 'acc é', 'never logged'] as const;
const LABELS = ['p', 'a b', 'lr.x', 'never said'] as const;
const LONG = 'long '.repeat(50);
const TEXTS = [
  'a',
  'A',
  'ab',
  'aB',
  'a%b',
  'a_b',
  'axb',
  '',
  '10',
  '9',
  '%',
  'É',
  'é',
  'ﬀ',
  '😀',
  '😁b',
  "it's",
  'say "x"',
  'a\\b',
  `${LONG}1`,
  `${LONG}2`,
  '\uffee',
];
const PATTERNS = ['a%', '%b', '_', '__', 'a_b', '%', '', 'A%', '%É%', '%😀', '_b', 'a\\%', '%1', 'long %', "it's", 'a%b', '%_%'];
const VALUES = [-1, 0, 0.5, 1, 2, 1e-7, -2.25e5, 1.7976931348623157e308, Number.NaN];
const NAMES = ['bold-owl', 'Bold-Owl', 'run 1', 'run 2', 'été'];
const STATUSES = ['RUNNING', 'FINISHED', 'FAILED', 'KILLED', 'SCHEDULED'];
const USERS = ['', 'ada', 'Ada', 'grace'];
const DATASETS = [
  { name: 'iris', digest: 'd1' },
  { name: 'Iris', digest: 'd2' },
  { name: 'mnist 😀', digest: 'd3' },
];
const CONTEXTS = ['train', 'eval', undefined];

export interface RunPlan {
  readonly experiment: number;
  readonly deleted: boolean;
  readonly name: string;
  readonly user: string;
  readonly status: string;
  readonly start: number;
  readonly end: number | undefined;
  /** As they are logged: of several with one key one is the latest. */
  readonly metrics: readonly { readonly key: string; readonly value: number; readonly timestamp: number; readonly step: number }[];
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly datasets: ModelRun['datasets'];
}

/** What to log. With `distinct` no two runs begin at the same time, so that their ids never decide. */
export function randomPlan(random: Random, index: number, { distinct = false } = {}): RunPlan {
  const some = (keys: readonly string[]): Readonly<Record<string, string>> =>
    Object.fromEntries(keys.slice(0, -1).flatMap((key) => (random() < 0.7 ? [[key, pick(random, TEXTS)]] : [])));
  const metrics = METRICS.slice(0, -1).flatMap((key) =>
    Array.from({ length: Math.floor(random() * 4) }, () => ({
      key,
      value: pick(random, VALUES),
      timestamp: Math.floor(random() * 3),
      step: Math.floor(random() * 3) - 1,
    })),
  );
  return {
    experiment: Math.floor(random() * 3),
    deleted: random() < 0.15,
    name: pick(random, NAMES),
    user: pick(random, USERS),
    status: pick(random, STATUSES),
    start: distinct ? 1000 + index : 1000 + Math.floor(random() * 12),
    end: random() < 0.5 ? 1000 + Math.floor(random() * 12) : undefined,
    metrics,
    params: some(LABELS),
    tags: some(LABELS),
    datasets: DATASETS.filter(() => random() < 0.25).map((dataset) => ({ ...dataset, context: pick(random, CONTEXTS) })),
  };
}

/** The run that comes of a plan. */
export function toModel(plan: RunPlan, { id, experiment, artifactUri }: { id: string; experiment: string; artifactUri: string }): ModelRun {
  const latest = new Map<string, RunPlan['metrics'][number]>();
  for (const metric of plan.metrics) {
    const known = latest.get(metric.key);
    if (known === undefined || isLater(metric, known)) latest.set(metric.key, metric);
  }
  return {
    id,
    experiment,
    deleted: plan.deleted,
    attributes: {
      run_id: id,
      run_name: plan.name,
      user_id: plan.user,
      status: plan.status,
      start_time: plan.start,
      end_time: plan.end,
      artifact_uri: artifactUri,
    },
    metrics: Object.fromEntries([...latest].map(([key, { value }]) => [key, value])),
    params: plan.params,
    tags: { ...plan.tags, 'mlflow.runName': plan.name },
    datasets: plan.datasets,
  };
}

/** NaN is the greatest. */
function isLater(a: RunPlan['metrics'][number], b: RunPlan['metrics'][number]): boolean {
  const value = (number: number): number => (Number.isNaN(number) ? Number.POSITIVE_INFINITY : number);
  return (a.step - b.step || a.timestamp - b.timestamp || value(a.value) - value(b.value)) > 0;
}

export interface FilterOptions {
  /** Ids to look for. */
  readonly ids: readonly string[];
  /** Whether AND is all that joins comparisons: more MLflow does not know. */
  readonly plain?: boolean;
}

export function randomFilter(random: Random, options: FilterOptions, depth = 0): ModelFilter {
  const kind = random();
  const several = (): readonly ModelFilter[] =>
    Array.from({ length: 2 + Math.floor(random() * 2) }, () => randomFilter(random, options, options.plain ? 9 : depth + 1));
  if (depth > 2 || kind < 0.4) return randomComparison(random, options);
  if (options.plain || kind < 0.65) return { kind: 'and', parts: several() };
  if (kind < 0.85) return { kind: 'or', parts: several() };
  return { kind: 'not', part: randomFilter(random, options, depth + 1) };
}

const NUMERIC = Object.keys(NUMBERS);
const TEXTUAL = ['=', '!=', 'LIKE', 'ILIKE'];

function randomComparison(random: Random, { ids }: FilterOptions): ModelFilter {
  const text = (operator: string): string => pick(random, operator.endsWith('LIKE') ? [...PATTERNS, ...TEXTS] : TEXTS);
  const list = (from: readonly string[]): readonly string[] =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, from));
  const kind = random();
  if (kind < 0.3) {
    const value = pick(
      random,
      VALUES.filter((each) => !Number.isNaN(each)),
    );
    return { kind: 'compare', entity: 'metric', key: pick(random, METRICS), operator: pick(random, NUMERIC), value };
  }
  if (kind < 0.65) {
    const operator = pick(random, [...TEXTUAL, ...TEXTUAL, 'IS NULL', 'IS NOT NULL']);
    const value = operator.startsWith('IS') ? undefined : text(operator);
    return { kind: 'compare', entity: pick(random, ['param', 'tag'] as const), key: pick(random, LABELS), operator, value };
  }
  if (kind < 0.75) {
    const key = pick(random, ['name', 'digest', 'context']);
    const known =
      key === 'name' ? DATASETS.map(({ name }) => name) : key === 'digest' ? DATASETS.map(({ digest }) => digest) : ['train', 'eval'];
    const operator = pick(random, [...TEXTUAL, 'IN', 'NOT IN']);
    const value = operator.endsWith('IN') ? list(known) : pick(random, operator.endsWith('LIKE') ? ['%i%', 'Iris', 't%', 'd_'] : known);
    return { kind: 'compare', entity: 'dataset', key, operator, value };
  }
  if (kind < 0.85) {
    const value = pick(random, [999, 1000, 1003, 1006, 1011, 2000]);
    return { kind: 'compare', entity: 'attribute', key: pick(random, ['start_time', 'end_time']), operator: pick(random, NUMERIC), value };
  }
  if (kind < 0.9) {
    const operator = pick(random, ['=', '!=', 'IN', 'NOT IN']);
    return {
      kind: 'compare',
      entity: 'attribute',
      key: 'run_id',
      operator,
      value: operator.endsWith('IN') ? list(ids) : pick(random, ids),
    };
  }
  const known = { run_name: NAMES, status: STATUSES, user_id: USERS };
  const key = pick(random, ['run_name', 'status', 'user_id'] as const);
  const operator = pick(random, TEXTUAL);
  const value = pick(random, operator.endsWith('LIKE') ? ['%o%', 'F%', '_da', 'run _', '%é', 'Bold%', '%'] : known[key]);
  return { kind: 'compare', entity: 'attribute', key, operator, value };
}

export function randomOrder(random: Random): readonly ModelOrder[] {
  const keys = {
    metric: METRICS,
    param: LABELS,
    tag: LABELS,
    attribute: ['start_time', 'end_time', 'status', 'user_id', 'run_name', 'run_id', 'artifact_uri'],
  };
  const order = new Map<string, ModelOrder>();
  while (random() < 0.6 && order.size < 4) {
    const entity = pick(random, ['metric', 'metric', 'param', 'tag', 'attribute'] as const);
    const key = pick<string>(random, keys[entity]);
    order.set(`${entity} ${key}`, { entity, key, ascending: random() < 0.5 });
  }
  return [...order.values()];
}

const ALIASES: Readonly<Record<Entity, readonly string[]>> = {
  metric: ['metric', 'metrics'],
  param: ['param', 'params', 'parameter', 'parameters'],
  tag: ['tag', 'tags'],
  attribute: ['attribute', 'attributes', 'attr', 'run'],
  dataset: ['dataset', 'datasets'],
};

/** A filter as somebody may write it: each time a little differently. */
export function writeFilter(random: Random, filter: ModelFilter, above: 'or' | 'and' | 'not' = 'or'): string {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const parts = filter.parts.map((part) => writeFilter(random, part, filter.kind));
      const text = parts.join(` ${anyCase(random, filter.kind)}${random() < 0.2 ? '\n' : ' '}`);
      const needed = above === 'not' || (above === 'and' && filter.kind === 'or');
      return needed || random() < 0.1 ? `(${text})` : text;
    }
    case 'not':
      return `${anyCase(random, 'not')} ${writeFilter(random, filter.part, 'not')}`;
    case 'compare':
      return writeComparison(random, filter);
  }
}

function writeComparison(random: Random, { entity, key, operator, value }: Compare): string {
  const bare = entity === 'attribute' && random() < 0.3;
  const name = bare ? key : `${pick(random, ALIASES[entity])}.${writeKey(random, key)}`;
  const space = /^[<>=!]/.test(operator) && random() < 0.2 ? '' : ' ';
  return `${name}${space}${anyCase(random, operator)}${value === undefined ? '' : space + writeValue(random, value)}`;
}

function writeKey(random: Random, key: string): string {
  if (/^\w+$/.test(key) && random() < 0.6) return key;
  return random() < 0.5 ? `\`${key}\`` : `"${key}"`;
}

function writeValue(random: Random, value: string | number | readonly string[]): string {
  if (typeof value === 'number')
    return random() < 0.3 && Number.isInteger(value) && Math.abs(value) < 1e6 ? value.toFixed(1) : writeNumber(value);
  if (typeof value === 'string') return quote(random, value);
  const single = value.length === 1 && random() < 0.5;
  return `(${value.map((each) => quote(random, each)).join(random() < 0.5 ? ', ' : ',')}${single ? ',' : ''})`;
}

/** Without the plus sign of an exponent, which MLflow's numbers do not have. */
const writeNumber = (value: number): string => String(value).replace('e+', 'e');

function quote(random: Random, text: string): string {
  if (text.includes("'")) return `"${text}"`;
  return text.includes('"') || random() < 0.5 ? `'${text}'` : `"${text}"`;
}

const anyCase = (random: Random, word: string): string => (random() < 0.2 ? word.toLowerCase() : word.toUpperCase());

export function writeOrder(random: Random, order: readonly ModelOrder[]): readonly string[] {
  return order.map(({ entity, key, ascending }) => {
    const name = entity === 'attribute' && random() < 0.3 ? key : `${pick(random, ALIASES[entity])}.${writeKey(random, key)}`;
    if (ascending && random() < 0.4) return name;
    return `${name} ${anyCase(random, ascending ? 'asc' : 'desc')}`;
  });
}
