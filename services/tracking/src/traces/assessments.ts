import type { CallMeta, Database } from '@mlab/kernel';
import { invalidParameter, mlflowError } from '@mlab/mlflow';
import { changed, type Assessment, type AssessmentChange } from '#/domain/traces/assessment.ts';
import { deleteAssessment, findAssessment, putAssessment, setValid } from '#/store/traces/assessments.ts';
import { holdTrace } from '#/store/traces/trace-rows.ts';

export interface AssessmentsOptions {
  readonly database: Database;
  readonly nowMs: () => number;
  /** 32 hexadecimal characters that nobody has had. */
  readonly newId: () => string;
}

interface Which {
  readonly traceId: string;
  readonly id: string;
}

export type Assessments = ReturnType<typeof openAssessments>;

/** What is said of traces. */
export const openAssessments = ({ database, nowMs, newId }: AssessmentsOptions) => ({
  /** The id may be the client's own, so that it can ask again. */
  create: (call: CallMeta, said: Omit<Assessment, 'id' | 'valid'> & { readonly id: string | undefined }): Promise<Assessment> =>
    database.transaction(call, async (tx) => {
      const { traceId, overrides } = said;
      const traceNo = await holdTrace(tx, traceId);
      if (traceNo === undefined) throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Trace with ID '${traceId}' not found.`);
      const assessment = { ...said, id: said.id ?? `a-${newId()}`, valid: true };
      if (overrides !== undefined && !(await setValid(tx, { traceNo, id: overrides, valid: false })))
        throw noAssessment({ traceId, id: overrides });
      if (await putAssessment(tx, traceNo, assessment)) return assessment;
      throw mlflowError('RESOURCE_ALREADY_EXISTS', `Another trace has an assessment with the ID '${assessment.id}'.`);
    }),

  get: async (call: CallMeta, which: Which): Promise<Assessment> => {
    const found = await findAssessment(database.for(call), which);
    if (found === undefined) throw noAssessment(which);
    return found;
  },

  update: (call: CallMeta, which: Which, change: AssessmentChange): Promise<Assessment> =>
    database.transaction(call, async (tx) => {
      const found = await findAssessment(tx, { ...which, lock: true });
      if (found === undefined) throw noAssessment(which);
      const kind = change.value?.kind;
      if (kind !== undefined && kind !== found.kind)
        throw invalidParameter(`Cannot update ${kind} value on an assessment that is ${found.kind}.`);
      const assessment = changed(found, change, nowMs());
      await putAssessment(tx, (await holdTrace(tx, which.traceId)) as number, assessment);
      return assessment;
    }),

  /** One that is not there is as good as deleted. What it stood for is valid again. */
  delete: (call: CallMeta, { traceId, id }: Which): Promise<void> =>
    database.transaction(call, async (tx) => {
      const traceNo = await holdTrace(tx, traceId);
      if (traceNo === undefined) return;
      const overridden = await deleteAssessment(tx, traceNo, id);
      if (overridden !== undefined) await setValid(tx, { traceNo, id: overridden, valid: true });
    }),
});

const noAssessment = ({ traceId, id }: Which): Error =>
  mlflowError('RESOURCE_DOES_NOT_EXIST', `Assessment with ID '${id}' not found for trace '${traceId}'`);
