import type { CallMeta, Clock, Database, Queryable } from '@mlab/kernel';
import { checkKey, fitTagValue, invalidParameter, mlflowError, parseFilter, parseOrderBy, traceFilters, traceOrder } from '@mlab/mlflow';
import { experimentId, mustBeActive, noExperiment } from '#/domain/experiment.ts';
import { associationOf, type Association } from '#/domain/traces/association.ts';
import { checkTold } from '#/domain/traces/check-told.ts';
import { checkMetricQuery, type DataPoint, type MetricQuery } from '#/domain/traces/metric-query.ts';
import { IN_DATABASE, spansExpected, TAG, type Trace, type TraceInfo } from '#/domain/traces/trace.ts';
import { findExperiment } from '#/store/experiments.ts';
import { putAssessment } from '#/store/traces/assessments.ts';
import { deleteTracesOf } from '#/store/traces/delete-traces.ts';
import { deleteTag, endTrace, putTrace, setTag, type TraceEnd } from '#/store/traces/put-trace.ts';
import { countFilters, refusingPatterns, searchTraces } from '#/store/traces/search-traces.ts';
import { readSpans, type StoredSpan } from '#/store/traces/spans.ts';
import { linkPrompts, linkToRun } from '#/store/traces/trace-links.ts';
import { queryMetrics } from '#/store/traces/trace-metrics.ts';
import { findTrace, findTraces, holdTrace } from '#/store/traces/trace-rows.ts';

export interface TracesOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** 32 hexadecimal characters that nobody has had. */
  readonly newId: () => string;
}

export interface WholeTrace {
  readonly trace: Trace;
  readonly spans: readonly StoredSpan[];
}

export interface TraceSearch {
  readonly experimentIds: readonly string[];
  readonly filter: string | undefined;
  readonly orderBy: readonly string[];
  readonly offset: number;
  readonly limit: number;
}

export interface TracesToDelete {
  readonly experimentId: string;
  readonly ids: readonly string[];
  readonly untilMs: number | undefined;
  readonly limit: number | undefined;
}

/** Spans may come after what is known of their trace; so long it is waited for them, in milliseconds. MLflow waits as long. */
const PATIENCE_MS = [100, 200, 400, 800, 1500];
const MAX_LINKS = 100;
/** Tags that only this service sets. */
const OWN_TAGS: ReadonlySet<string> = new Set([TAG.artifactLocation, TAG.spansLocation, TAG.archiveLocation, TAG.archivalFailure]);

export type Traces = ReturnType<typeof openTraces>;

/** What can be done with traces, whatever protocol asks for it. */
export function openTraces({ database, clock, newId }: TracesOptions) {
  const spansOf = async (db: Queryable, traces: readonly Trace[]): Promise<readonly WholeTrace[]> => {
    const kept = traces.filter(areInDatabase);
    const spans =
      kept.length === 0
        ? new Map<number, readonly StoredSpan[]>()
        : await readSpans(
            db,
            kept.map(({ no }) => no),
          );
    return kept.map((trace) => ({ trace, spans: spans.get(trace.no) ?? [] }));
  };
  const mustGet = async (db: Queryable, id: string): Promise<Trace> => (await findTrace(db, id)) ?? refuse(id);

  const start = (call: CallMeta, told: TraceInfo): Promise<Trace> => {
    const trace = checkTold(told, experimentId(told.experimentId));
    return database.transaction(call, async (tx) => {
      const experiment = await findExperiment(tx, trace.experimentId);
      if (experiment === undefined) throw noExperiment(trace.experimentId);
      mustBeActive(experiment);
      const no = await putTrace(tx, trace);
      if (no === undefined) throw noExperiment(trace.experimentId);
      for (const assessment of trace.assessments) await putAssessment(tx, no, { ...assessment, id: assessment.id || `a-${newId()}` });
      return await mustGet(tx, trace.id);
    });
  };

  return {
    start,

    /** As clients before MLflow 3 do: this service makes the id, and more is told at the end. */
    begin: (call: CallMeta, told: Omit<TraceInfo, 'id'>): Promise<Trace> => start(call, { ...told, id: newId() }),

    end: async (call: CallMeta, end: TraceEnd): Promise<Trace> => {
      if (!(await endTrace(database.for(call), end))) throw noTrace(end.id);
      return await mustGet(database.for(call), end.id);
    },

    get: (call: CallMeta, id: string): Promise<Trace> => mustGet(database.for(call), id),

    find: (call: CallMeta, ids: readonly string[], experimentIds?: readonly string[]): Promise<readonly Trace[]> =>
      findTraces(database.for(call), ids, experimentIds?.map(experimentId)),

    /** With all spans that its client has told of; undefined when some are still missing after a while, and missing ones do not do. */
    getWhole: async (call: CallMeta, id: string, allowPartial: boolean): Promise<WholeTrace | undefined> => {
      for (const waitMs of [...PATIENCE_MS, undefined]) {
        const trace = await mustGet(database.for(call), id);
        if (!areInDatabase(trace)) throw inFile(id);
        const [whole] = await spansOf(database.for(call), [trace]);
        if (whole !== undefined && (allowPartial || isComplete(whole))) return whole;
        if (waitMs !== undefined) await pause(clock, call, waitMs);
      }
      return undefined;
    },

    /** Those that are complete and in the database. */
    findWhole: async (call: CallMeta, ids: readonly string[], experimentIds?: readonly string[]): Promise<readonly WholeTrace[]> => {
      const db = database.for(call);
      return (await spansOf(db, await findTraces(db, ids, experimentIds?.map(experimentId)))).filter(isComplete);
    },

    search: (call: CallMeta, { experimentIds, filter, orderBy, offset, limit }: TraceSearch): Promise<readonly Trace[]> =>
      refusingPatterns(() =>
        searchTraces(database.for(call), {
          experimentIds: experimentIds.map(experimentId),
          filter: parseFilter(traceFilters, filter),
          order: parseOrderBy(traceOrder, orderBy),
          offset,
          limit,
        }),
      ),

    /** How many are gone. */
    delete: async (call: CallMeta, { experimentId: id, ids, untilMs, limit }: TracesToDelete): Promise<number> => {
      if (ids.length > 0 === (untilMs !== undefined))
        throw invalidParameter('Either `max_timestamp_millis` or `trace_ids` must be specified, but not both.');
      if (ids.length > 0 && limit !== undefined) throw invalidParameter("`max_traces` can't be specified if `trace_ids` is specified.");
      if (limit !== undefined && limit <= 0) throw invalidParameter(`\`max_traces\` must be a positive integer, received ${limit}.`);
      const going = { experimentId: experimentId(id), ...(ids.length > 0 ? { ids } : {}), untilMs };
      // In steps, so that however many there are none takes long; what is gone by then stays gone.
      for (let gone = 0; ;) {
        const step = Math.min(DELETED_AT_ONCE, (limit ?? Infinity) - gone);
        const { length } = await database.transaction(call, (tx) => deleteTracesOf(tx, { ...going, limit: step }));
        gone += length;
        if (length < step || gone === limit) return gone;
      }
    },

    setTag: async (call: CallMeta, id: string, { key, value }: { readonly key: string; readonly value: string }): Promise<void> => {
      checkKey('tag', key);
      if (OWN_TAGS.has(key)) throw invalidParameter(`Tag '${key}' is immutable and cannot be set on a trace.`);
      if (!(await setTag(database.for(call), id, { key, value: fitTagValue(value, 'cut') }))) throw noTrace(id);
    },

    deleteTag: async (call: CallMeta, id: string, key: string): Promise<void> => {
      if (OWN_TAGS.has(key) && key !== TAG.archivalFailure)
        throw invalidParameter(`Tag '${key}' is immutable and cannot be deleted on a trace.`);
      if (!(await deleteTag(database.for(call), id, key)))
        throw mlflowError('RESOURCE_DOES_NOT_EXIST', `No trace tag with key '${key}' for trace with ID '${id}'`);
    },

    linkToRun: async (call: CallMeta, runId: string, ids: readonly string[]): Promise<void> => {
      if (ids.length > MAX_LINKS)
        throw invalidParameter(`Cannot link more than ${MAX_LINKS} traces to a run in a single request. Provided ${ids.length} traces.`);
      if (!(await linkToRun(database.for(call), runId, ids)))
        throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Run with id=${runId} not found`);
    },

    linkPrompts: (call: CallMeta, id: string, prompts: readonly string[]): Promise<void> =>
      database.transaction(call, async (tx) => linkPrompts(tx, (await holdTrace(tx, id)) ?? refuse(id), prompts)),

    associate: async (
      call: CallMeta,
      {
        experimentIds,
        filters: [first, second],
        base,
      }: { readonly experimentIds: readonly string[]; readonly filters: readonly [string, string]; readonly base: string | undefined },
    ): Promise<Association> => {
      const read = (filter: string | undefined) => parseFilter(traceFilters, filter);
      const asked = { experimentIds: experimentIds.map(experimentId), base: read(base), first: read(first), second: read(second) };
      return associationOf(await refusingPatterns(() => countFilters(database.for(call), asked)));
    },

    metrics: (call: CallMeta, experimentIds: readonly string[], query: MetricQuery): Promise<readonly DataPoint[]> => {
      checkMetricQuery(query);
      return queryMetrics(database.for(call), experimentIds.map(experimentId), query);
    },
  };
}

const DELETED_AT_ONCE = 1000;

const areInDatabase = ({ tags }: Trace): boolean => (tags[TAG.spansLocation] ?? IN_DATABASE) === IN_DATABASE;

const isComplete = ({ trace, spans }: WholeTrace): boolean => spans.length > 0 && spans.length >= spansExpected(trace);

const noTrace = (id: string): Error => mlflowError('RESOURCE_DOES_NOT_EXIST', `Trace with ID '${id.slice(0, 100)}' not found.`);

function refuse(id: string): never {
  throw noTrace(id);
}

const inFile = (id: string): Error =>
  mlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `The spans of the trace '${id.slice(0, 100)}' are not kept here: they are in the file traces.json among its artifacts.`,
  );

function pause(clock: Clock, { signal }: CallMeta, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(ms, resolve);
    signal.addEventListener('abort', () => (cancel(), reject(signal.reason as Error)), { once: true });
  });
}
