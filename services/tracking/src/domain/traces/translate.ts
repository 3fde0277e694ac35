import { MAX_PARSED } from '#/domain/otlp/value-text.ts';
import { CONVENTIONS } from './conventions.ts';
import { numbersText, TOKEN_KEYS } from './sums.ts';
import { ATTRIBUTE } from './trace.ts';

type Attributes = Map<string, string>;

/** Those whose values say nothing. */
const EMPTY = new Set(['""', '{}', '[]', 'null', 'false', '0', '0.0']);

/**
 * Adds MLflow's own attributes to a span that says the same in the words of another instrumentation, so that its type, its inputs and outputs
 * and its tokens are known (MLflow's `translate_span_when_storing`). What is there already stays.
 */
export function translate(attributes: Attributes): void {
  if ((attributes.get(ATTRIBUTE.type) ?? UNKNOWN) === UNKNOWN) add(attributes, ATTRIBUTE.type, typeOf(attributes), { over: UNKNOWN });
  add(
    attributes,
    ATTRIBUTE.inputs,
    firstOf(attributes, ({ input }) => input),
  );
  add(
    attributes,
    ATTRIBUTE.outputs,
    firstOf(attributes, ({ output }) => output),
  );
  if (!attributes.has(ATTRIBUTE.tokens)) add(attributes, ATTRIBUTE.tokens, tokensOf(attributes));
  add(
    attributes,
    ATTRIBUTE.tools,
    firstOf(attributes, ({ tools = [] }) => tools),
  );
  if (!attributes.has(ATTRIBUTE.model))
    add(attributes, ATTRIBUTE.model, firstOf(attributes, ({ model = [] }) => model) ?? modelIn(attributes));
  add(
    attributes,
    ATTRIBUTE.provider,
    firstOf(attributes, ({ provider }) => (provider === undefined ? [] : [provider])),
  );
}

const UNKNOWN = '"UNKNOWN"';

function add(attributes: Attributes, key: string, value: string | undefined, { over }: { readonly over?: string } = {}): void {
  if (value !== undefined && (!attributes.has(key) || attributes.get(key) === over)) attributes.set(key, value);
}

function firstOf(attributes: Attributes, keysOf: (convention: (typeof CONVENTIONS)[number]) => readonly string[]): string | undefined {
  for (const convention of CONVENTIONS) {
    for (const key of keysOf(convention)) {
      const value = attributes.get(key);
      if (value !== undefined && !EMPTY.has(value)) return value;
    }
  }
  return undefined;
}

function typeOf(attributes: Attributes): string | undefined {
  for (const { kind } of CONVENTIONS) {
    const word = kind && textIn(attributes.get(kind.attribute));
    if (kind !== undefined && word !== undefined && Object.hasOwn(kind.types, word)) return JSON.stringify(kind.types[word]);
  }
  return undefined;
}

/** The text that a value is; undefined when it is something else. */
export function textIn(value: string | undefined): string | undefined {
  return value?.startsWith('"') === true ? (JSON.parse(value) as string) : undefined;
}

function tokensOf(attributes: Attributes): string | undefined {
  const count = (keys: readonly (string | undefined)[]): number | undefined =>
    keys.map((key) => (key === undefined ? undefined : wholeIn(attributes.get(key)))).find((found) => found !== undefined);
  for (const { inputTokens, outputTokens, totalTokens, cacheRead = [], cacheCreation = [] } of CONVENTIONS) {
    const input = count([inputTokens]);
    const output = count([outputTokens]);
    const total = count([totalTokens]) ?? (input === undefined || output === undefined ? undefined : input + output);
    if (input === undefined && output === undefined && total === undefined) continue;
    const counted = [input, output, total, count(cacheRead), count(cacheCreation)];
    const usage = TOKEN_KEYS.flatMap((key, index) => (counted[index] === undefined ? [] : [[key, counted[index]] as const]));
    return numbersText(Object.fromEntries(usage), true);
  }
  return undefined;
}

/** Whole numbers, also as texts: some exporters have no other way. */
function wholeIn(value: string | undefined): number | undefined {
  const digits = value === undefined ? undefined : /^"?(-?\d{1,15})"?$/.exec(value)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Requests and answers of models name the model. */
function modelIn(attributes: Attributes): string | undefined {
  for (const key of [ATTRIBUTE.inputs, ATTRIBUTE.outputs]) {
    const text = attributes.get(key);
    if (text?.startsWith('{') !== true || text.length > MAX_PARSED || !text.includes('"model"')) continue;
    const { model } = JSON.parse(text) as { readonly model?: unknown };
    if (typeof model === 'string' && model !== '') return JSON.stringify(model);
  }
  return undefined;
}
