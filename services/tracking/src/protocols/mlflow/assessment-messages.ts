import { bool, invalidParameter, json, map, message, oneOf, text, type MessageOf } from '@mlab/mlflow';
import type { Assessment, AssessmentChange, AssessmentError } from '#/domain/traces/assessment.ts';
import { readTimestamp, timestampText } from './trace-times.ts';

const Failure = message({ error_code: text(), error_message: text(), stack_trace: text() });

/** An assessment as clients send it: whole, or of a change only what is new. */
export const AssessmentMessage = message({
  assessment_id: text(),
  assessment_name: text({ default: '' }),
  trace_id: text(),
  span_id: text(),
  source: message({
    source_type: oneOf(['SOURCE_TYPE_UNSPECIFIED', 'HUMAN', 'LLM_JUDGE', 'CODE'], { first: 0, default: 'SOURCE_TYPE_UNSPECIFIED' }),
    source_id: text({ default: '' }),
  }),
  create_time: text(),
  last_update_time: text(),
  feedback: message({ value: json(), error: Failure }),
  expectation: message({
    value: json(),
    serialized_value: message({ serialization_format: text({ default: '' }), value: text({ default: '' }) }),
  }),
  issue: message({ issue_name: text({ default: '' }) }),
  rationale: text(),
  error: Failure,
  metadata: map(text()),
  overrides: text(),
  valid: bool(),
});
export type AssessmentMessage = MessageOf<typeof AssessmentMessage>;

const MAX_NAME = 250;

/** A whole one. `id` is the client's own, if it has one. */
export function readAssessment(
  sent: AssessmentMessage,
  traceId: string,
  nowMs: number,
): Omit<Assessment, 'id' | 'valid'> & { readonly id: string | undefined } {
  const value = valueIn(sent);
  if (value === undefined) throw invalidParameter('Exactly one of `expectation`, `feedback`, or `issue` should be specified.');
  if (sent.assessment_name === '' || sent.assessment_name.length > MAX_NAME)
    throw invalidParameter(`Invalid value for parameter 'assessment.assessment_name' supplied: expected 1 to ${MAX_NAME} characters.`);
  const createdMs = sent.create_time === undefined ? nowMs : readTimestamp(sent.create_time, 'assessment.create_time');
  return {
    id: nonEmpty(sent.assessment_id),
    traceId,
    name: sent.assessment_name,
    ...value,
    sourceType: sent.source?.source_type ?? 'SOURCE_TYPE_UNSPECIFIED',
    sourceId: sent.source?.source_id ?? '',
    spanId: nonEmpty(sent.span_id),
    rationale: nonEmpty(sent.rationale),
    metadata: sent.metadata,
    overrides: nonEmpty(sent.overrides),
    createdMs,
    updatedMs: sent.last_update_time === undefined ? createdMs : readTimestamp(sent.last_update_time, 'assessment.last_update_time'),
  };
}

/** What a mask of fields says of a change: `assessmentName,feedback`. */
export function readChange(sent: AssessmentMessage, mask: string): AssessmentChange {
  const paths = new Set(mask.split(',').map((path) => path.trim()));
  const has = (...names: readonly string[]): boolean => names.some((name) => paths.has(name));
  const value = valueIn({
    ...sent,
    feedback: has('feedback') ? (sent.feedback ?? NOTHING) : undefined,
    expectation: has('expectation') ? sent.expectation : undefined,
    issue: undefined,
  });
  return {
    ...(has('assessmentName', 'assessment_name') ? { name: sent.assessment_name } : {}),
    ...(value === undefined ? {} : { value }),
    ...(has('rationale') ? { rationale: sent.rationale ?? '' } : {}),
    ...(has('metadata') ? { metadata: sent.metadata } : {}),
  };
}

const NOTHING = { value: undefined, error: undefined };

type Value = Pick<Assessment, 'kind' | 'value' | 'error'>;

function valueIn({ feedback, expectation, issue, error }: AssessmentMessage): Value | undefined {
  const values: Value[] = [];
  if (feedback !== undefined) values.push({ kind: 'feedback', value: feedback.value ?? null, error: errorOf(feedback.error ?? error) });
  if (expectation !== undefined) values.push({ kind: 'expectation', value: expectedIn(expectation), error: undefined });
  if (issue !== undefined) values.push({ kind: 'issue', value: issue.issue_name, error: undefined });
  if (values.length > 1) throw invalidParameter('Exactly one of `expectation`, `feedback`, or `issue` should be specified.');
  return values[0];
}

function expectedIn({ value, serialized_value: serialized }: NonNullable<AssessmentMessage['expectation']>): unknown {
  if (serialized === undefined) {
    if (value === undefined || value === null) throw invalidParameter('The `value` field must be specified.');
    return value;
  }
  if (serialized.serialization_format !== JSON_FORMAT)
    throw invalidParameter(
      `Unknown serialization format: ${serialized.serialization_format.slice(0, 50)}. Only ${JSON_FORMAT} is supported.`,
    );
  try {
    return JSON.parse(serialized.value) as unknown;
  } catch {
    throw invalidParameter("Invalid value for parameter 'assessment.expectation.serialized_value' supplied: it is not JSON.");
  }
}

const JSON_FORMAT = 'JSON_FORMAT';

const errorOf = (error: AssessmentMessage['error']): AssessmentError | undefined =>
  error && { code: error.error_code, message: error.error_message, stack: error.stack_trace };

const nonEmpty = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

export const assessmentShape = (assessment: Assessment) => ({
  assessment_id: assessment.id,
  assessment_name: assessment.name,
  trace_id: assessment.traceId,
  span_id: assessment.spanId,
  source: { source_type: assessment.sourceType, source_id: assessment.sourceId },
  create_time: timestampText(assessment.createdMs),
  last_update_time: timestampText(assessment.updatedMs),
  ...valueShape(assessment),
  rationale: assessment.rationale,
  metadata: Object.keys(assessment.metadata).length === 0 ? undefined : assessment.metadata,
  overrides: assessment.overrides,
  valid: assessment.valid,
});

function valueShape({ kind, value, error }: Assessment): object {
  if (kind === 'issue') return { issue: { issue_name: value } };
  if (kind === 'expectation') {
    const isPlain = typeof value !== 'object' || value === null;
    return { expectation: isPlain ? { value } : { serialized_value: { serialization_format: JSON_FORMAT, value: JSON.stringify(value) } } };
  }
  const shape = error && { error_code: error.code, error_message: error.message, stack_trace: error.stack };
  return { feedback: { value, error: shape } };
}
