interface WithSource {
  readonly source?: string;
}

/**
 * A JSON value with its integers kept exact: those that a double cannot hold become `bigint`, and `-0` becomes `0`, as in Python.
 * Only errors need it, since they echo what came in; it costs several times a plain `JSON.parse`.
 */
export function parseExactly(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown, context?: WithSource) =>
    typeof value === 'number' && context?.source !== undefined ? exactNumber(value, context.source) : value,
  );
}

function exactNumber(value: number, source: string): number | bigint {
  if (/[.eE]/.test(source)) return value;
  if (value === 0) return 0;
  return Number.isSafeInteger(value) ? value : BigInt(source);
}
