import { checkKey, checkLength, firstCharacters, fitTagValue, invalidParameter } from '@mlab/mlflow';
import { TAG, type Texts, type TraceInfo } from './trace.ts';

/** MLflow's own are `tr-` and 32 digits, or 32 digits. One is a part of a path, so it leads nowhere else. */
const ID = /^[A-Za-z0-9][\w.:-]{0,49}$/;
const MAX_CLIENT_ID = 250;
const MAX_KEY = 250;
const MAX_VALUE = 8000;
/** Clients of one vendor send 10,000 characters, all others 1,000. */
const MAX_PREVIEW = 10_000;
/** Milliseconds of the years that MLflow's messages can say. */
const LAST_MS = 253_402_300_799_999;

/** What a client tells of a trace, as it is kept. Texts that are too long are cut, as in MLflow; names are not. */
export function checkTold(told: TraceInfo, experimentId: string): TraceInfo {
  const { id, startMs, durationMs, clientRequestId, requestPreview, responsePreview, tags, metadata } = told;
  checkTraceId(id);
  if (startMs < 0 || startMs > LAST_MS) throw invalidParameter(`Invalid value ${startMs} for parameter 'request_time' supplied.`);
  if (durationMs !== undefined && Math.abs(durationMs) > LAST_MS)
    throw invalidParameter(`Invalid value ${durationMs} for parameter 'execution_duration' supplied.`);
  if (clientRequestId !== undefined) checkLength('client_request_id', clientRequestId, MAX_CLIENT_ID);
  return {
    ...told,
    experimentId,
    requestPreview: requestPreview === undefined ? undefined : firstCharacters(requestPreview, MAX_PREVIEW),
    responsePreview: responsePreview === undefined ? undefined : firstCharacters(responsePreview, MAX_PREVIEW),
    tags: checkTags(tags),
    metadata: checkMetadata(metadata),
  };
}

function checkTraceId(id: string): void {
  if (!ID.test(id))
    throw invalidParameter(
      "Invalid value for parameter 'trace_id' supplied: expected 1 to 50 letters, digits, dashes, underscores, periods and colons.",
    );
}

/** Without the place of the artifacts, which only this service knows: what lies there goes with the trace. */
export function checkTags(tags: Texts): Texts {
  const own = Object.fromEntries(Object.entries(tags).filter(([key]) => key !== TAG.artifactLocation));
  return mapped(own, (key, value) => {
    checkKey('tag', key);
    return fitTagValue(value, 'cut');
  });
}

export function checkMetadata(metadata: Texts): Texts {
  return mapped(metadata, (key, value) => {
    checkLength('trace_metadata key', key, MAX_KEY);
    return firstCharacters(value, MAX_VALUE);
  });
}

const mapped = (texts: Texts, of: (key: string, value: string) => string): Texts =>
  Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, of(key, value)]));
