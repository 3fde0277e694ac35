export { answer } from '#/answer.ts';
export { checkArtifactPath } from '#/artifact-path.ts';
export { checkBatch, checkMetric, fitParamValue, fitTagValue, type LongValues } from '#/batch.ts';
export { invalidParameter, mlflowError, renderMlflowError, type MlflowErrorCode } from '#/errors.ts';
export { LIMITS } from '#/limits.ts';
export { bool, double, int64, json, list, map, oneOf, text, type Field } from '#/message/field.ts';
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
export { pageToken, readPageStart, readPageToken } from '#/page-token.ts';
export { firstCharacters } from '#/python.ts';
export type { Comparison, Filter, Operator, Order, TraceOperator } from '#/search/filter.ts';
export type { FilterGrammar, OrderGrammar } from '#/search/grammar.ts';
export { experimentFilters, experimentOrder } from '#/search/experiment-search.ts';
export { parseLoggedModelOrder, type LoggedModelOrder } from '#/search/logged-model-order.ts';
export { loggedModelFilters } from '#/search/logged-model-search.ts';
export { parseFilter } from '#/search/parse-filter.ts';
export { parseOrderBy } from '#/search/parse-order-by.ts';
export { modelVersionFilters, modelVersionOrder, registeredModelFilters, registeredModelOrder } from '#/search/registry-search.ts';
export { runFilters, runOrder } from '#/search/run-search.ts';
export { traceFilters, traceOrder } from '#/search/trace-search.ts';
