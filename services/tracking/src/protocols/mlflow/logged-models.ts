import type { loggedModelRoutes } from '@mlab/contracts/mlflow-logged-models';
import type { Database, ForeignRequest, RouteHandlers } from '@mlab/kernel';
import { answer, bool, int64, invalidParameter, list, message, mlflowError, oneOf, readMessage, text } from '@mlab/mlflow';
import type { Artifacts } from '#/artifacts/artifacts.ts';
import { listFolder } from '#/artifacts/listing.ts';
import { readArtifactPath, readFilePath } from '#/domain/artifact-path.ts';
import { pathBelow } from '#/domain/artifact-uri.ts';
import type { LoggedModelStatus } from '#/domain/logged-model.ts';
import type { LoggedModels, WholeLoggedModel } from '#/logged-models.ts';
import { folderAnswer } from './folder-shape.ts';
import { loggedModelToken, readLoggedModelToken } from './logged-model-token.ts';
import { sendFile } from './send-file.ts';
import { unlessEmpty } from './shapes.ts';

export interface LoggedModelHandlersOptions {
  readonly database: Database;
  readonly artifacts: Artifacts;
  readonly loggedModels: LoggedModels;
}

const Pair = message({ key: text({ default: '' }), value: text({ default: '' }) }, { required: true });
const Create = message(
  {
    experiment_id: text({ required: true }),
    name: text(),
    model_type: text(),
    source_run_id: text(),
    params: list(Pair),
    tags: list(Pair),
  },
  { required: true },
);
const STATUSES = ['LOGGED_MODEL_STATUS_UNSPECIFIED', 'LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'] as const;
const Finalize = message({ status: oneOf(STATUSES, { required: true, first: 0 }) }, { required: true });
const Get = message({ allow_deleted: bool({ default: false }) }, { required: true });
const Params = message({ params: list(Pair) }, { required: true });
const Tags = message({ tags: list(Pair) }, { required: true });
const OrderBy = message(
  { field_name: text(), ascending: bool({ default: true }), dataset_name: text(), dataset_digest: text() },
  { required: true },
);
const DatasetChoice = message({ dataset_name: text(), dataset_digest: text() }, { required: true });
const Search = message(
  {
    experiment_ids: list(text({ required: true })),
    filter: text(),
    datasets: list(DatasetChoice),
    max_results: int64(),
    order_by: list(OrderBy),
    page_token: text(),
  },
  { required: true },
);
const Directory = message({ artifact_directory_path: text() }, { required: true });

const DEFAULT_PAGE = 50;
/** Whoever asks for more gets a token for the rest. */
const MAX_PAGE = 1000;

export const loggedModelHandlers = ({
  database,
  artifacts,
  loggedModels,
}: LoggedModelHandlersOptions): RouteHandlers<typeof loggedModelRoutes> => ({
  createLoggedModel: async (request, call) => {
    const { experiment_id: experimentId, name, model_type, source_run_id, params, tags } = readMessage(Create, request);
    const created = await loggedModels.create(call, {
      experimentId,
      params,
      tags,
      name: name || undefined,
      modelType: model_type || undefined,
      sourceRunId: source_run_id || undefined,
    });
    return answer({ model: modelShape(created) });
  },
  getLoggedModel: async (request, call) => {
    const { allow_deleted } = readMessage(Get, request);
    return answer({ model: modelShape(await loggedModels.getWhole(call, idOf(request), allow_deleted)) });
  },
  finalizeLoggedModel: async (request, call) => {
    const status = statusOf(readMessage(Finalize, request).status);
    return answer({ model: modelShape(await loggedModels.setStatus(call, idOf(request), status)) });
  },
  deleteLoggedModel: async (request, call) => {
    await loggedModels.delete(call, idOf(request));
    return answer({});
  },
  setLoggedModelTags: async (request, call) => {
    await loggedModels.setTags(call, idOf(request), readMessage(Tags, request).tags);
    return answer({});
  },
  deleteLoggedModelTag: async (request, call) => {
    await loggedModels.deleteTag(call, idOf(request), request.params['*'] ?? '');
    return answer({});
  },
  logLoggedModelParams: async (request, call) => {
    await loggedModels.addParams(call, idOf(request), readMessage(Params, request).params);
    return answer({});
  },

  searchLoggedModels: async (request, call) => {
    const { experiment_ids: experimentIds, filter, datasets, max_results, order_by: orderBy, page_token } = readMessage(Search, request);
    if (datasets.some(({ dataset_name }) => !dataset_name))
      throw invalidParameter('`dataset_name` in the `datasets` clause must be specified.');
    const asked = max_results || DEFAULT_PAGE;
    if (asked < 0) throw invalidParameter(`Invalid value ${asked} for parameter 'max_results' supplied. It must be a positive integer.`);
    const size = Math.min(asked, MAX_PAGE);
    const of = { experimentIds, filter, orderBy, datasets };
    const offset = readLoggedModelToken(page_token, of);
    const found = await loggedModels.search(call, {
      experimentIds,
      filter,
      orderBy,
      offset,
      limit: size + 1,
      datasets: datasets.map(({ dataset_name: name = '', dataset_digest: digest }) => ({
        name,
        digest: digest || undefined,
      })),
    });
    return answer({
      models: unlessEmpty(found.slice(0, size).map(modelShape)),
      next_page_token: found.length > size ? loggedModelToken(offset + size, of) : undefined,
    });
  },

  listLoggedModelArtifacts: async (request, call) => {
    const { artifact_directory_path: path = '' } = readMessage(Directory, request);
    const folder = readArtifactPath(path);
    const { artifactUri } = await loggedModels.get(call, idOf(request));
    return folderAnswer(listFolder(database, call, pathBelow(artifactUri, folder)), { below: folder, rootUri: artifactUri });
  },
  getLoggedModelArtifact: async (request, call) => {
    const path = new URLSearchParams(request.query).get('artifact_file_path');
    if (!path) throw mlflowError('BAD_REQUEST', 'Request must include the "artifact_file_path" query parameter.');
    const file = readFilePath(path);
    const { artifactUri } = await loggedModels.get(call, idOf(request));
    return sendFile(artifacts, pathBelow(artifactUri, file), request, call);
  },
});

const idOf = ({ params }: ForeignRequest): string => params['model_id'] ?? '';

function statusOf(status: (typeof STATUSES)[number]): LoggedModelStatus {
  if (status === 'LOGGED_MODEL_STATUS_UNSPECIFIED')
    throw invalidParameter(`Invalid value "${status}" for parameter 'status' supplied: expected one of ${STATUSES.slice(1).join(', ')}.`);
  return status.slice('LOGGED_MODEL_'.length) as LoggedModelStatus;
}

const modelShape = ({ model, data }: WholeLoggedModel) => ({
  info: {
    model_id: model.id,
    experiment_id: model.experimentId,
    name: model.name,
    creation_timestamp_ms: model.createdMs,
    last_updated_timestamp_ms: model.updatedMs,
    artifact_uri: model.artifactUri,
    status: `LOGGED_MODEL_${model.status}`,
    model_type: model.modelType,
    source_run_id: model.sourceRunId,
    tags: unlessEmpty(data.tags),
  },
  data: {
    params: unlessEmpty(data.params),
    metrics: unlessEmpty(
      data.metrics.map(({ runId, datasetName, datasetDigest, ...metric }) => ({
        ...metric,
        dataset_name: datasetName,
        dataset_digest: datasetDigest,
        model_id: model.id,
        run_id: runId,
      })),
    ),
  },
});
