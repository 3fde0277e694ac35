/** A JSON Schema of which nothing has been checked. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const ANNOTATIONS: ReadonlySet<string> = new Set(['title', 'description', 'examples', 'deprecated', 'default', '$id', '$comment']);

export const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A rule that nobody enforces is worse than none, so a keyword without a reader stops the program where the schema is compiled. */
export function allowKeywords(schema: JsonSchema, place: string, keywords: readonly string[]): void {
  for (const keyword of Object.keys(schema)) {
    if (keywords.includes(keyword) || ANNOTATIONS.has(keyword)) continue;
    throw new Error(`The schema of ${place} says ${keyword}, which is not supported here.`);
  }
}

/** The number that a keyword gives; `undefined` when the schema does not have the keyword. */
export function numberOf(schema: JsonSchema, place: string, keyword: string): number | undefined {
  const value = schema[keyword];
  if (value === undefined || typeof value === 'number') return value;
  throw new Error(`The schema of ${place} gives ${keyword} something that is not a number.`);
}
