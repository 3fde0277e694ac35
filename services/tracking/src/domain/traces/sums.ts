/** The fields of MLflow's token usage, in the order in which they are written. */
export const TOKEN_KEYS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
  'cache_creation_input_tokens_above_1hr',
] as const;

export const COST_KEYS = ['input_cost', 'output_cost', 'total_cost'] as const;

export type Numbers = Readonly<Record<string, number>>;

/** A span with the numbers that it says; undefined when it says none. */
export interface SumNode {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly numbers: Numbers | undefined;
}

/** Six numbers with their names are never as long as this. */
const MAX_LENGTH = 10_000;

/** Those that are there even when they are 0. */
const FIXED = 3;

/**
 * The sum over a trace. Some producers write on a parent the sum of its children, so below a span that says numbers nothing is added any more
 * (MLflow's `_aggregate_from_nodes`). Undefined when no span says any.
 */
export function sumOf(nodes: readonly SumNode[], keys: readonly string[]): Numbers | undefined {
  if (nodes.every(({ numbers }) => numbers === undefined)) return undefined;
  const totals: Record<string, number> = Object.fromEntries(keys.slice(0, FIXED).map((key) => [key, 0]));
  for (const { numbers = {} } of topmost(nodes)) {
    for (const key of keys) {
      const value = numbers[key];
      if (value !== undefined) totals[key] = (totals[key] ?? 0) + value;
    }
  }
  return Object.fromEntries(keys.filter((key) => key in totals).map((key) => [key, totals[key] as number]));
}

/** Those that say numbers and have nobody above them who does. */
function topmost(nodes: readonly SumNode[]): readonly SumNode[] {
  const known = new Set(nodes.map(({ id }) => id));
  const children = Map.groupBy(nodes, ({ parentId }) => (parentId !== undefined && known.has(parentId) ? parentId : undefined));
  const found: SumNode[] = [];
  const waiting = [...(children.get(undefined) ?? [])];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.numbers === undefined) waiting.push(...(children.get(node.id) ?? []));
    else found.push(node);
  }
  return found;
}

/** The numbers of a JSON object: whole ones of tokens, any of costs. What is something else counts as absent. */
export function numbersIn(text: string | undefined, keys: typeof TOKEN_KEYS | typeof COST_KEYS): Numbers | undefined {
  if (text === undefined || text.length > MAX_LENGTH) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const object = parsed as Readonly<Record<string, unknown>>;
  const found = keys.flatMap((key) => {
    const value = object[key];
    const counts = keys === TOKEN_KEYS ? Number.isSafeInteger(value) : Number.isFinite(value);
    return counts ? [[key, value as number] as const] : [];
  });
  return Object.fromEntries(found);
}

/** As Python's `json.dumps` writes it, because clients look for exactly this text. */
export function numbersText(numbers: Numbers, isWhole: boolean): string {
  const write = (value: number): string => (isWhole || !Number.isInteger(value) ? String(value) : `${value}.0`);
  return `{${Object.entries(numbers)
    .map(([key, value]) => `"${key}": ${write(value)}`)
    .join(', ')}}`;
}
