/** What a validator of TypeBox finds, in the form of JSON Schema's output: pointers (RFC 6901) to the value and to the part of the schema. */
interface Found {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

/** One thing in which a value is not what a schema says. */
export interface SchemaIssue {
  /** The keyword of the schema. */
  readonly type: string;
  /** Where in the value. */
  readonly loc: readonly string[];
  /** What is expected there, as the rest of a sentence: `must be "none" or "balanced"`. */
  readonly msg: string;
  /** What came; undefined where nothing did. */
  readonly input: unknown;
}

/**
 * What was found, each place of the value once. Validators tell each choice that a value is not by itself, and constants without naming
 * them; here a choice is one issue that says all that may be chosen, and a value that is of the right kind is told what is wrong inside it.
 */
export function issuesOf(found: readonly Found[], value: unknown): readonly SchemaIssue[] {
  const said = found.filter(({ keyword }) => !SUMMARIES.has(keyword));
  return [...Map.groupBy(said.length > 0 ? said : found, ({ instancePath }) => instancePath)].flatMap(([pointer, here]): SchemaIssue[] => {
    const [first] = here;
    const last = here.at(-1);
    if (first === undefined || last === undefined || said.some((other) => isBelow(other, pointer, first))) return [];
    const loc = pathOf(pointer);
    const branches = Map.groupBy(
      here.filter(({ schemaPath }) => schemaPath.includes('/anyOf/')),
      ({ schemaPath }) => schemaPath,
    );
    const choices = [...branches.values()].map((branch) => expected(branch.at(-1) ?? first));
    const msg = choices.length > 1 ? `must be ${oneOf([...new Set(choices)])}` : messageOf(last);
    return [{ type: first.keyword, loc, msg, input: valueAt(value, loc) }];
  });
}

/** The rest of the sentence with what came: `must be integer, got "3"`. What is missing is named already. */
export function inWords({ type, msg, input }: SchemaIssue): string {
  if (type === 'required') return msg;
  const text = JSON.stringify(input) ?? 'nothing';
  return `${msg}, got ${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}`;
}

const LONGEST = 80;

/** They say no more than what others have said. */
const SUMMARIES = new Set(['anyOf', 'oneOf', 'additionalProperties', 'unevaluatedProperties']);

/** Whether it was found further inside, in a choice that the value would be but for that. */
function isBelow(other: Found, pointer: string, { schemaPath }: Found): boolean {
  const choice = schemaPath.lastIndexOf('/anyOf/');
  return choice >= 0 && other.instancePath.startsWith(`${pointer}/`) && other.schemaPath.startsWith(schemaPath.slice(0, choice + 7));
}

function messageOf(found: Found): string {
  if (found.keyword === 'boolean') return 'is not a known field';
  return found.keyword === 'const' || found.keyword === 'enum' ? `must be ${expected(found)}` : found.message;
}

function expected({ params, message }: Found): string {
  const { allowedValue, allowedValues } = params as { readonly allowedValue?: unknown; readonly allowedValues?: readonly unknown[] };
  if (allowedValues !== undefined) return oneOf(allowedValues.map((each) => JSON.stringify(each)));
  return allowedValue === undefined ? message.replace(/^must be /, '') : JSON.stringify(allowedValue);
}

const choice = new Intl.ListFormat('en', { type: 'disjunction' });
const oneOf = (values: readonly string[]): string => choice.format(values);

const pathOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));

const valueAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null | undefined)?.[key], value);
