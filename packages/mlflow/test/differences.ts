import type { Answer } from './ours.ts';

/** One question with both answers. */
export interface Case {
  readonly subject: string;
  readonly value: unknown;
  readonly theirs: Answer;
  readonly ours: Answer;
}

interface Difference {
  readonly why: string;
  readonly covers: (one: Case & { readonly text: string; readonly bare: string }) => boolean;
}

const accepts = (answer: Answer): boolean => !('error' in answer);
const refuses = (answer: Answer): answer is { readonly error: string } => 'error' in answer;
const isSearch = (subject: string): boolean => /^(?:filter|order)/.test(subject);
const isFilter = (subject: string): boolean => subject.startsWith('filter');
const QUOTED = /'(?:''|\\'|[^'])*'|"(?:""|\\"|[^"])*"|`(?:``|[^`])*`/g;

const withoutQuotes = (value: unknown): unknown => (typeof value === 'string' ? value.replace(/^"(.*)"$/s, '$1') : value);

/** Where we mean to answer otherwise than MLflow 3.17 does, and why. `bare` is the text with every quoted part as `''`. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'more operations': {
    why: 'OR, NOT and parentheses are ours.',
    covers: ({ subject, theirs, ours, bare }) =>
      isFilter(subject) && refuses(theirs) && ('broken' in ours || ('ok' in ours && /(?<!\bin\s*)\(/i.test(bare))),
  },
  'operators in small letters': {
    why: 'SQL does not mind, and of its searches MLflow minds in those of experiments and spans only.',
    covers: ({ subject, theirs, ours, bare }) =>
      /experiments|traces/.test(subject) && refuses(theirs) && 'ok' in ours && /\b(?:r?like|ilike|in|not\s+in)\b/.test(bare),
  },
  'blanks between the words of an operator': {
    why: 'MLflow takes one blank only between NOT and NULL.',
    covers: ({ subject, theirs, ours, bare }) =>
      isFilter(subject) && refuses(theirs) && 'ok' in ours && /\bnot\s{2,}(?:null|in)\b/i.test(bare),
  },
  'keys that are words or numbers of SQL': {
    why: 'In MLflow tags.in, metrics.5, and the bare key `text` of traces, must be quoted.',
    covers: ({ subject, theirs, ours, bare }) =>
      isSearch(subject) && refuses(theirs) && 'ok' in ours && /\.\s*(?:in|from|as|case|values|using|\d\w*)\b|\btext\b/i.test(bare),
  },
  'quoted names': {
    why: 'A key or an entity may be quoted wherever it stands.',
    covers: ({ subject, theirs, ours, text }) =>
      /experiments|registered|versions/.test(subject) && refuses(theirs) && 'ok' in ours && /[`"]\w+[`"]/.test(text),
  },
  'no AND before IN or IS': {
    why: 'MLflow forgives a missing AND before other comparisons; before these it makes one strange key of both.',
    covers: ({ subject, theirs, ours, bare }) =>
      isFilter(subject) && refuses(theirs) && 'ok' in ours && /(?<!\b(?:and|or|not)|^)\s+[\w.']+\s+(?:not\s+in|in|is)\b/i.test(bare),
  },
  'unquoted keys before IN': {
    why: 'For logged models MLflow takes `params.a-b` everywhere but before IN.',
    covers: ({ subject, theirs, ours, bare }) =>
      subject === 'filter logged models' && refuses(theirs) && 'ok' in ours && /\w[-/]\w+\s+(?:not\s+)?in\b/i.test(bare),
  },
  'numbers with a plus': {
    why: 'Python and JavaScript write 1e+21 themselves.',
    covers: ({ subject, theirs, ours, bare }) => isFilter(subject) && refuses(theirs) && 'ok' in ours && /\de\+\d/i.test(bare),
  },
  'the bare key timestamp': {
    why: 'For it MLflow takes only whole numbers; for `attributes.timestamp`, any, and in quotes.',
    covers: ({ subject, theirs, ours, bare }) =>
      subject === 'filter traces' && refuses(theirs) && 'ok' in ours && /\btimestamp\s*[<>=!]+\s*(?:[-\d]*[.e]|')/i.test(bare),
  },
  'words as values': {
    why: 'For logged models MLflow takes any word without quotes, but those of SQL; and NULL, which we do not take for a text.',
    covers: ({ subject, theirs, ours, bare }) =>
      subject === 'filter logged models' &&
      refuses(theirs) !== refuses(ours) &&
      /(?:[=]|like)\s*(?:true|false|null|key|user|case|0x\w+)\b/i.test(bare),
  },
  'values in double quotes': {
    why: 'For logged models MLflow takes these quotes for a part of the value, so such a filter finds nothing.',
    covers: ({ subject, theirs, ours }) =>
      subject === 'filter logged models' &&
      'ok' in theirs &&
      'ok' in ours &&
      JSON.stringify((theirs.ok as readonly unknown[][]).map((clause) => clause.map(withoutQuotes))) === JSON.stringify(ours.ok),
  },
  'odd values': {
    why: "For logged models MLflow takes `1 + 2`, `$x`, `[1]` and `date '2020'` for texts.",
    covers: ({ subject, theirs, ours, bare }) =>
      subject === 'filter logged models' &&
      'ok' in theirs &&
      refuses(ours) &&
      /(?:[<>=!]|like)\s*(?:[\w.]+\s*[-+/*]|[$:%@?[]|\w+ (?:''|\())/i.test(bare),
  },
  'numbers and characters by name': {
    why: 'For logged models MLflow gives what stands there to `float`, which knows `inf`; and Python knows characters by their names.',
    covers: ({ subject, theirs, ours, text }) =>
      isFilter(subject) && 'ok' in theirs && refuses(ours) && /\b(?:inf|nan)\b|\\N\{/i.test(text),
  },
  'keys that cannot be': {
    why: 'No metric, parameter or tag can be called `a[0]`, `f(x)`, nothing at all, or all that stands before the last operator.',
    covers: ({ subject, theirs }) =>
      isSearch(subject) &&
      'ok' in theirs &&
      (theirs.ok as readonly string[][]).some(([, key = '']) => !/^(?!\/)[/\p{L}\p{N}_.\- :]+$/u.test(key)),
  },
  'keys with blanks or colons': {
    why: 'To MLflow `tags.a DESC = 1`, `tags.a b IS NULL` and `tags. a` have keys with a blank, by accident; these, and `a:::b`, need quotes.',
    covers: ({ subject, theirs, ours }) =>
      isSearch(subject) && 'ok' in theirs && refuses(ours) && (theirs.ok as readonly string[][]).some(([, key = '']) => /\s|:::/.test(key)),
  },
  comments: {
    why: 'MLflow lets them stand behind lists, and refuses them elsewhere.',
    covers: ({ subject, theirs, ours, bare }) => isFilter(subject) && 'ok' in theirs && refuses(ours) && /\)\s*(?:--|#|\/\*)/.test(bare),
  },
  'quotes inside of orders': {
    why: 'With a direction MLflow gives a name to the shlex of Python, which takes quotes and blanks from its inside too.',
    covers: ({ subject, theirs, text }) =>
      subject.startsWith('order') && 'ok' in theirs && /``|[`"'] [`"']|[`"'](?:asc|desc)|\w[`"']|\.[`"'].*\./i.test(text),
  },
  'times compared with texts': {
    why: 'A time is a number; in quotes it may stand.',
    covers: ({ subject, theirs, ours, bare }) =>
      subject === 'filter traces' &&
      'ok' in theirs &&
      (refuses(ours) ? ours.error.includes('numeric attribute') : /time\w* *[<>=!]+ *'/.test(bare)),
  },
  'tags called like attributes': {
    why: 'To MLflow `tags.name` is the name of the trace, and `feedback.run_id` its run; a tag or a feedback of that name cannot be found.',
    covers: ({ subject, theirs, ours, bare }) =>
      subject.endsWith('traces') &&
      'ok' in theirs &&
      'ok' in ours &&
      /\b(?:tags?|\w*metadata|feedback|expectation)\.(?:name|prompt|run_id|text|timestamp|execution_time|end_time)\b/i.test(bare),
  },
  'a key twice': {
    why: 'Where MLflow lets a key be ordered by twice, the second one changes nothing, and we leave it out.',
    covers: ({ subject, theirs, ours }) => subject === 'order experiments' && 'ok' in theirs && 'ok' in ours,
  },
  'blanks around an order': {
    why: 'They mean nothing.',
    covers: ({ subject, value, theirs, ours }) =>
      subject.startsWith('order') &&
      refuses(theirs) &&
      'ok' in ours &&
      (value as readonly string[]).some((clause) => clause !== clause.trim()),
  },
  'dangerous paths': {
    why: 'Backslashes, drives, file: and NUL are refused everywhere, as the first two are by an MLflow on Windows.',
    covers: ({ subject, theirs, ours, text }) =>
      subject === 'path' &&
      'ok' in theirs &&
      refuses(ours) &&
      /\\|%5c|\0|%00|^(?:[\s/.\p{Cc}]|%2e|%2f|%0a|%20)*[a-z]\s*:|file:/iu.test(text),
  },
  'a newline at the end': {
    why: "Python's $ lets it pass.",
    covers: ({ theirs, ours, text }) => 'ok' in theirs && refuses(ours) && text.endsWith('\n'),
  },
  'names of models that are too long': {
    why: 'The column has 256 characters; only SQLite does not mind.',
    covers: ({ subject, theirs, ours, text }) => subject === 'model name' && 'ok' in theirs && refuses(ours) && text.length > 256,
  },
  'characters that no database keeps': {
    why: 'NUL and halves of surrogate pairs are a 500 of MLflow on PostgreSQL.',
    covers: ({ theirs, ours, text }) => accepts(theirs) && refuses(ours) && /\\ud800|\\u0000|\0/.test(text),
  },
  'numbers as only Python writes them': {
    why: '`1_0` is 10 to Python.',
    covers: ({ theirs, ours, text }) => 'ok' in theirs && refuses(ours) && text.includes('1_0'),
  },
  'whole numbers beyond 2^53': {
    why: 'JavaScript would round them without a word.',
    covers: ({ theirs, ours }) => 'ok' in theirs && refuses(ours) && ours.error.includes('Whole numbers go from'),
  },
  'an enumeration that is none': {
    why: 'MLflow leaves out what it does not know, and rounds.',
    covers: ({ subject, theirs, ours }) =>
      subject === 'request update-run' && 'ok' in theirs && refuses(ours) && ours.error.includes("parameter 'status'"),
  },
  'fields that are not needed': {
    why: 'run_uuid is looked at only when there is no run_id; MLflow takes offence at its type, and then at that of numbers of enumerations.',
    covers: ({ subject, theirs, ours, text }) =>
      subject.startsWith('request') && refuses(theirs) && 'ok' in ours && text.includes('run_uuid'),
  },
  'names in camel case': {
    why: "Protobuf's JSON has them too; MLflow reads them, but not as required ones.",
    covers: ({ subject, theirs, ours, text }) => subject.startsWith('request') && refuses(theirs) && 'ok' in ours && text.includes('runId'),
  },
  'what the store checks': {
    why: 'These MLflow checks behind the reading of the request, and we do in checkMetric, or in the service.',
    covers: ({ subject, theirs, ours }) =>
      subject.startsWith('request') && 'error' in theirs && 'ok' in ours && /Both dataset_name|'max_results' supplied/.test(theirs.error),
  },
  'sloppy tokens': {
    why: 'MLflow never writes such tokens.',
    covers: ({ subject, theirs, ours }) => subject === 'page token' && 'ok' in theirs && refuses(ours),
  },
};

/** The difference that explains a case; `undefined` when there is none. */
export function explain(one: Case): string | undefined {
  const { value } = one;
  const text = Array.isArray(value)
    ? value.map((clause) => (typeof clause === 'string' ? clause : JSON.stringify(clause))).join('\n')
    : String(value);
  const extended = { ...one, text, bare: text.replaceAll(QUOTED, "''") };
  return Object.entries(DIFFERENCES).find(([, { covers }]) => covers(extended))?.[0];
}

/** Whether both say the same. What is broken in MLflow we may answer as we like, as long as it is an answer. */
export function agrees({ theirs, ours }: Case, isSame: (one: unknown, other: unknown) => boolean): boolean {
  if ('broken' in theirs) return true;
  return 'ok' in theirs ? 'ok' in ours && isSame(theirs.ok, ours.ok) : 'error' in ours;
}

/** What clients and their tests look for in messages. */
const FRAGMENTS = [
  'Invalid clause(s) in filter string',
  'Invalid entity type',
  'Expected a quoted string value',
  'Expected numeric value type',
  'Parameter value is either not quoted',
  'comparison with a list of quoted string values',
  'While parsing a list in the query',
  'Invalid comparator',
  'Invalid comparison operator',
  'Invalid comparison clause',
  'Invalid attribute key',
  'Invalid dataset key',
  'Could not be parsed',
  'Invalid ordering key',
  'duplicate fields',
  'Missing value for required parameter',
  'Invalid value',
  'Hint: Value was of type',
  'exceeds the maximum length',
  'Names may only contain',
  'must not resolve to other names',
  'Invalid path',
  'is reserved',
  'Invalid model name',
  'Invalid alias name',
  'Invalid experiment',
  'Invalid page token',
  'Invalid boolean value',
];

/** A fragment of their message that is not in ours. */
export function missingFragment({ theirs, ours }: Case): string | undefined {
  if (!('error' in theirs && 'error' in ours)) return undefined;
  return FRAGMENTS.find((fragment) => theirs.error.includes(fragment) && !ours.error.includes(fragment));
}
