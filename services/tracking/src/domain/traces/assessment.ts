import type { Texts } from './trace.ts';

export const ASSESSMENT_KINDS = ['feedback', 'expectation', 'issue'] as const;
export type AssessmentKind = (typeof ASSESSMENT_KINDS)[number];

export interface AssessmentError {
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly stack: string | undefined;
}

/** What somebody says of a trace: feedback about its quality, what was expected of it, or which known issue it shows. */
export interface Assessment {
  readonly id: string;
  readonly traceId: string;
  readonly kind: AssessmentKind;
  readonly name: string;
  /** Any JSON; of an issue its name. */
  readonly value: unknown;
  /** Why there is no value. */
  readonly error: AssessmentError | undefined;
  readonly sourceType: string;
  readonly sourceId: string;
  readonly spanId: string | undefined;
  readonly rationale: string | undefined;
  readonly metadata: Texts;
  /** The id of the one that this one stands for instead. */
  readonly overrides: string | undefined;
  readonly valid: boolean;
  /** In milliseconds since 1970. */
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** What is undefined stays as it is. */
export interface AssessmentChange {
  readonly name?: string | undefined;
  readonly value?: { readonly kind: AssessmentKind; readonly value: unknown; readonly error: AssessmentError | undefined } | undefined;
  readonly rationale?: string | undefined;
  /** Added to what is there. */
  readonly metadata?: Texts | undefined;
}

/** The assessment after the change; a feedback stays a feedback. */
export function changed(assessment: Assessment, { name, value, rationale, metadata }: AssessmentChange, nowMs: number): Assessment {
  return {
    ...assessment,
    name: name ?? assessment.name,
    ...(value === undefined ? {} : { value: value.value, error: value.error }),
    rationale: rationale ?? assessment.rationale,
    metadata: { ...assessment.metadata, ...metadata },
    updatedMs: nowMs,
  };
}
