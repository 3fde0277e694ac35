export { answer } from '#/answer.ts';
export { checkArtifactPath } from '#/artifact-path.ts';
export { checkBatch, checkMetric, fitParamValue, fitTagValue, type LongValues } from '#/batch.ts';
export { invalidParameter, mlflowError, renderMlflowError, type MlflowErrorCode } from '#/errors.ts';
export { LIMITS } from '#/limits.ts';
export { bool, double, int64, json, list, oneOf, text, type Field } from '#/message/field.ts';
export { message, readMessage, type Message, type MessageOf } from '#/message/message.ts';
export {
  checkAlias,
  checkExperimentId,
  checkExperimentName,
  checkKey,
  checkLength,
  checkLoggedModelName,
  checkModelName,
  checkNewAlias,
  checkRunId,
} from '#/names.ts';
export { pageToken, readPageToken } from '#/page-token.ts';
export type { Comparison, Filter, Operator, Order, TraceOperator } from '#/search/filter.ts';
export {
  experimentFilters,
  experimentOrder,
  loggedModelFilters,
  modelVersionFilters,
  modelVersionOrder,
  registeredModelFilters,
  registeredModelOrder,
  runFilters,
  runOrder,
  traceFilters,
  traceOrder,
} from '#/search/grammars.ts';
export { parseFilter, type FilterGrammar } from '#/search/parse-filter.ts';
export { parseOrderBy, type OrderGrammar } from '#/search/parse-order-by.ts';
