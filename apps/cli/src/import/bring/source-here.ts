import type { SourceVersion } from '../source.ts';

/** What a version is registered from here. */
export interface SourceHere {
  readonly source: string;
  readonly run_id?: string;
  readonly model_id?: string;
}

const LOGGED_MODEL = /^models:\/+(m-[0-9a-f]{32})$/;
const RUN_ID = /^[0-9a-zA-Z][\w-]{0,255}$/;
/** Places that are the same from here as from there. */
const SAME_EVERYWHERE = new Set(['s3', 'gs', 'wasb', 'wasbs', 'abfs', 'abfss', 'hdfs', 'dbfs', 'r2', 'b2', 'http', 'https', 'ftp', 'sftp']);

/**
 * A version names files where they lie there: in a run, by a path that ends in `/<run>/artifacts/<path>`, or in a logged model. Here they
 * lie in the run and the model of the same id. Throws when it names something else that does not exist here.
 */
export function sourceHere({ source, runId, modelId }: SourceVersion): SourceHere {
  const ofModel = LOGGED_MODEL.exec(source)?.[1] ?? /\/models\/(m-[0-9a-f]{32})\/artifacts\/*$/.exec(source)?.[1];
  if (ofModel !== undefined) return { source: `models:/${ofModel}`, model_id: ofModel, ...(runId === undefined ? {} : { run_id: runId }) };
  const [, named, path] = /^runs:\/+([^/]+)\/+(.+)$/.exec(source) ?? /\/([^/]+)\/artifacts\/+(.+)$/.exec(source) ?? [];
  const isLocal = /^(runs|mlflow-artifacts|file):/i.test(source) || !/^[a-z][a-z0-9+.-]+:/i.test(source);
  if (isLocal && named !== undefined && path !== undefined && RUN_ID.test(named))
    return { source: `runs:/${named}/${path.replace(/\/+$/, '')}`, run_id: named };
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase();
  if (source.startsWith('models:/') || (scheme !== undefined && SAME_EVERYWHERE.has(scheme)) || !source.includes('/'))
    return { source, ...(runId === undefined ? {} : { run_id: runId }), ...(modelId === undefined ? {} : { model_id: modelId }) };
  throw new Error(`its files lie at ${source}, which is neither in a run nor in a logged model`);
}
