import assert from 'node:assert/strict';
import { parseWithBigIntegers } from '../../tests/system/lab-contract/cases.ts';

export interface Question {
  readonly service: 'a' | 'b';
  readonly type: string | undefined;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly body?: string;
}

const OUR_REFUSALS = /"error":"(?:[^"]* is not a JSON number|Number out of range|The key __proto__ is not allowed|Nesting deeper[^"]*)"/;

/** What a pair of answers is: an agreement, a difference that we want, or one that is a mistake. */
export function compareAnswers(question: Question, theirs: Answer, ours: Answer): string {
  // What only we refuse must be sound JSON to Python, with the one difference that the compat tests record.
  if (OUR_REFUSALS.test(ours.body ?? '')) return theirs.body?.includes('"json_invalid"') ? 'DIFFERENT' : 'refused by us alone';
  if (theirs.status === 500) return ours.status === 422 && isUnwritable(question, ours) ? 'the original fails' : 'DIFFERENT';
  if (theirs.status !== ours.status) return ours.status === 400 && hasSurrogatesInUtf8(question.body) ? 'refused by us alone' : 'DIFFERENT';
  if (theirs.status === 422 || theirs.status === 400) {
    return isEqual(parseWithBigIntegers(theirs.body ?? ''), parseWithBigIntegers(ours.body ?? '')) ? `both ${theirs.status}` : 'DIFFERENT';
  }
  if (theirs.status === 200 && question.service === 'b') {
    const length = (body = ''): unknown => (JSON.parse(body) as { prediction: { input_length: number } }).prediction.input_length;
    return length(theirs.body) === length(ours.body) ? 'both 200' : 'DIFFERENT';
  }
  return `both ${theirs.status}`;
}

/** The original fails when it must write a lone surrogate, or bytes that are not text. */
const isUnwritable = ({ body }: Question, ours: Answer): boolean =>
  /\\ud[89a-f]/.test(ours.body ?? '') || hasSurrogatesInUtf8(body) || ours.body?.includes('\ufffd') === true;

const hasSurrogatesInUtf8 = (body: Buffer): boolean => /\xed[\xa0-\xbf]/.test(body.toString('latin1'));

function isEqual(left: unknown, right: unknown): boolean {
  try {
    assert.deepEqual(left, right);
    return true;
  } catch {
    return false;
  }
}
