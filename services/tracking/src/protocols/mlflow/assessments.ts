import type { traceRoutes } from '@mlab/contracts/mlflow-traces';
import type { ForeignRequest, RouteHandlers } from '@mlab/kernel';
import { answer, invalidParameter, message, readMessage, text } from '@mlab/mlflow';
import type { Assessments } from '#/traces/assessments.ts';
import { assessmentShape, AssessmentMessage, readAssessment, readChange } from './assessment-messages.ts';

const Create = message({ assessment: AssessmentMessage }, { required: true });
const Update = message({ assessment: AssessmentMessage, update_mask: text({ required: true }) }, { required: true });

export const assessmentHandlers = (
  assessments: Assessments,
  nowMs: () => number,
): RouteHandlers<Pick<typeof traceRoutes, 'createAssessment' | 'getAssessment' | 'updateAssessment' | 'deleteAssessment'>> => ({
  createAssessment: async (request, call) => {
    const sent = required(readMessage(Create, request).assessment);
    return answer({
      assessment: assessmentShape(await assessments.create(call, readAssessment(sent, request.params['trace_id'] ?? '', nowMs()))),
    });
  },
  getAssessment: async (request, call) => answer({ assessment: assessmentShape(await assessments.get(call, which(request))) }),
  updateAssessment: async (request, call) => {
    const { assessment, update_mask } = readMessage(Update, request);
    return answer({
      assessment: assessmentShape(await assessments.update(call, which(request), readChange(required(assessment), update_mask))),
    });
  },
  deleteAssessment: async (request, call) => {
    await assessments.delete(call, which(request));
    return answer({});
  },
});

const which = ({ params }: ForeignRequest) => ({ traceId: params['trace_id'] ?? '', id: params['assessment_id'] ?? '' });

function required<T>(assessment: T | undefined): T {
  if (assessment === undefined)
    throw invalidParameter(
      "Missing value for required parameter 'assessment'. See the API docs for more information about request parameters.",
    );
  return assessment;
}
