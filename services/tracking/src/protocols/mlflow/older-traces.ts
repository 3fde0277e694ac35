import type { olderTraceRoutes } from '@mlab/contracts/mlflow-traces';
import type { RouteHandlers } from '@mlab/kernel';
import { answer, int64, list, message, oneOf, readMessage, text } from '@mlab/mlflow';
import type { Artifacts } from '#/artifacts/artifacts.ts';
import { readFilePath } from '#/domain/artifact-path.ts';
import { pathBelow } from '#/domain/artifact-uri.ts';
import { checkMetadata, checkTags } from '#/domain/traces/check-told.ts';
import { IN_DATABASE, TAG, type Texts } from '#/domain/traces/trace.ts';
import type { Traces } from '#/traces/traces.ts';
import { attachment } from './content-disposition.ts';
import { sendFile } from './send-file.ts';
import { unlessEmpty } from './shapes.ts';
import { traceFileText } from './span-text.ts';
import { olderTraceInfoShape } from './trace-shapes.ts';
import { searchPage, type traceHandlers } from './traces.ts';

const Entries = list(message({ key: text({ required: true }), value: text({ default: '' }) }, { required: true }));
const Start = message(
  { experiment_id: text({ required: true }), timestamp_ms: int64({ default: 0 }), request_metadata: Entries, tags: Entries },
  { required: true },
);
const End = message(
  {
    timestamp_ms: int64({ required: true }),
    status: oneOf(['TRACE_STATUS_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'], { first: 0, default: 'TRACE_STATUS_UNSPECIFIED' }),
    request_metadata: Entries,
    tags: Entries,
  },
  { required: true },
);
const Search = message(
  {
    experiment_ids: list(text(), { required: true }),
    filter: text(),
    max_results: int64({ default: 100 }),
    order_by: list(text()),
    page_token: text(),
  },
  { required: true },
);
const LinkRun = message({ trace_ids: list(text(), { required: true }), run_id: text({ required: true }) }, { required: true });
const LinkPrompts = message(
  {
    trace_id: text({ required: true }),
    prompt_versions: list(message({ name: text({ required: true }), version: text({ required: true }) }, { required: true }), {
      required: true,
    }),
  },
  { required: true },
);
const Artifact = message({ request_id: text({ required: true }), path: text() }, { required: true });

export interface OlderTraceOptions {
  readonly traces: Traces;
  readonly newer: Pick<ReturnType<typeof traceHandlers>, 'deleteTraces' | 'setTraceTag' | 'deleteTraceTag'>;
  readonly artifacts: Artifacts;
}

export const olderTraceHandlers = ({ traces, newer, artifacts }: OlderTraceOptions): RouteHandlers<typeof olderTraceRoutes> => ({
  deleteTracesV2: newer.deleteTraces,
  setTraceTagV2: newer.setTraceTag,
  deleteTraceTagV2: newer.deleteTraceTag,
  linkTracesToRun: async (request, call) => {
    const { trace_ids, run_id } = readMessage(LinkRun, request);
    await traces.linkToRun(call, run_id, trace_ids);
    return answer({});
  },
  linkPromptsToTrace: async (request, call) => {
    const { trace_id, prompt_versions } = readMessage(LinkPrompts, request);
    await traces.linkPrompts(
      call,
      trace_id,
      prompt_versions.map(({ name, version }) => `${name}/${version}`),
    );
    return answer({});
  },
  startTraceV2: async (request, call) => {
    const { experiment_id: experimentId, timestamp_ms: startMs, request_metadata, tags } = readMessage(Start, request);
    const trace = await traces.begin(call, {
      ...BEGUN,
      experimentId,
      startMs,
      tags: textsOf(tags),
      metadata: textsOf(request_metadata),
    });
    return answer({ trace_info: olderTraceInfoShape(trace) });
  },
  endTraceV2: async (request, call) => {
    const { timestamp_ms: endMs, status, request_metadata, tags } = readMessage(End, request);
    const state = status === 'TRACE_STATUS_UNSPECIFIED' ? 'STATE_UNSPECIFIED' : status;
    const told = { tags: checkTags(textsOf(tags)), metadata: checkMetadata(textsOf(request_metadata)) };
    return answer({
      trace_info: olderTraceInfoShape(await traces.end(call, { id: request.params['trace_id'] ?? '', endMs, state, ...told })),
    });
  },
  getTraceInfoV2: async ({ params }, call) => answer({ trace_info: olderTraceInfoShape(await traces.get(call, params['trace_id'] ?? '')) }),
  searchTracesV2: async (request, call) => {
    const {
      experiment_ids: experimentIds,
      filter,
      max_results: maxResults,
      order_by: orderBy,
      page_token: token,
    } = readMessage(Search, request);
    const found = await searchPage(traces, { experimentIds, filter, orderBy, maxResults, token })(call);
    return answer({ traces: unlessEmpty(found.traces.map(olderTraceInfoShape)), next_page_token: found.token });
  },
  getTraceArtifact: async (request, call) => {
    const { request_id: id, path } = readMessage(Artifact, request);
    const trace = await traces.get(call, id);
    const location = trace.tags[TAG.spansLocation] ?? IN_DATABASE;
    if (path !== undefined || location !== IN_DATABASE) {
      const root = trace.tags[TAG.artifactLocation] ?? '';
      return await sendFile(
        artifacts,
        pathBelow(root, readFilePath(path === undefined ? TRACE_FILE : `attachments/${path}`)),
        request,
        call,
      );
    }
    const whole = await traces.getWhole(call, id, true);
    return {
      status: 200,
      contentType: 'application/octet-stream',
      headers: { 'content-disposition': attachment(TRACE_FILE), 'x-content-type-options': 'nosniff' },
      body: traceFileText(whole ?? { trace, spans: [] }),
    };
  },
});

const TRACE_FILE = 'traces.json';

/** Of a trace that has only begun. */
const BEGUN = {
  durationMs: undefined,
  state: 'IN_PROGRESS',
  clientRequestId: undefined,
  requestPreview: undefined,
  responsePreview: undefined,
  assessments: [],
} as const;

const textsOf = (entries: readonly { readonly key: string; readonly value: string }[]): Texts =>
  Object.fromEntries(entries.map(({ key, value }) => [key, value]));
