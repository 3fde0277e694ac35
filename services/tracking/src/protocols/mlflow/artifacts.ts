import type { artifactRoutes } from '@mlab/contracts/mlflow-artifacts';
import { AppError, type Database, type ForeignRequest, type RouteHandlers } from '@mlab/kernel';
import { answer, int64, invalidParameter, message, mlflowError, readMessage, text } from '@mlab/mlflow';
import type { Artifacts } from '#/artifacts/artifacts.ts';
import { noSuchArtifact } from '#/artifacts/artifacts.ts';
import { listFolder } from '#/artifacts/listing.ts';
import { readArtifactPath, readFilePath } from '#/domain/artifact-path.ts';
import { pathBelow } from '#/domain/artifact-uri.ts';
import type { LoggedModels } from '#/logged-models.ts';
import type { Runs } from '#/runs.ts';
import { folderAnswer } from './folder-shape.ts';
import { ownHeaders, proxyUrl } from './proxy-url.ts';
import { sendFile } from './send-file.ts';

export interface ArtifactHandlersOptions {
  readonly database: Database;
  readonly artifacts: Artifacts;
  readonly runs: Runs;
  readonly loggedModels: LoggedModels;
}

const List = message({ path: text() }, { required: true });
const ListOfRun = message({ run_id: text({ required: true, legacy: 'run_uuid' }), path: text() }, { required: true });
const FileOfRun = message({ run_id: text({ required: true, legacy: 'run_uuid' }), path: text({ required: true }) }, { required: true });
const Presigned = message({ run_id: text(), model_id: text(), path: text({ required: true }), expiration: int64() }, { required: true });

type OwnRoutes = Pick<
  typeof artifactRoutes,
  | 'listFolder'
  | 'downloadFile'
  | 'uploadFile'
  | 'deleteFiles'
  | 'presignDownload'
  | 'listArtifacts'
  | 'getArtifact'
  | 'uploadSmallArtifact'
  | 'createPresignedUploadUrl'
  | 'createPresignedDownloadUrl'
>;

/** The artifact proxy, and the artifacts of runs. */
export function artifactHandlers({ database, artifacts, runs, loggedModels }: ArtifactHandlersOptions): RouteHandlers<OwnRoutes> {
  return {
    listFolder: async (request, call) => {
      const { path = '' } = readMessage(List, request);
      return folderAnswer(listFolder(database, call, readArtifactPath(path)), { below: '' });
    },
    downloadFile: async (request, call) => sendFile(artifacts, readFilePath(below(request)), request, call),
    uploadFile: async (request, call) => {
      await artifacts.put(call, readFilePath(below(request)), request.stream, lengthOf(request));
      return answer({});
    },
    deleteFiles: async (request, call) => {
      await artifacts.remove(call, readFilePath(below(request)));
      return answer({});
    },
    /** At this server itself, where ranges are answered. */
    presignDownload: async (request, call) => {
      const path = readFilePath(below(request));
      const file = await artifacts.find(call, path);
      if (file === undefined) throw noSuchArtifact(path);
      return answer({ url: proxyUrl(request, 'artifacts', path), headers: ownHeaders(request), file_size: file.size });
    },

    listArtifacts: async (request, call) => {
      const { run_id, path = '' } = readMessage(ListOfRun, request);
      const folder = readArtifactPath(path);
      const { artifactUri } = await runs.find(call, run_id);
      return folderAnswer(listFolder(database, call, pathBelow(artifactUri, folder)), { below: folder, rootUri: artifactUri });
    },
    getArtifact: async (request, call) => {
      const { run_id, path } = readMessage(FileOfRun, request);
      const file = readFilePath(path);
      const { artifactUri } = await runs.find(call, run_id);
      return sendFile(artifacts, pathBelow(artifactUri, file), request, call);
    },
    uploadSmallArtifact: async (request, call) => {
      const query = new URLSearchParams(request.query);
      const runId = query.get('run_uuid');
      const asked = query.get('path');
      if (!runId) throw invalidParameter('Request must specify run_uuid.');
      if (!asked) throw invalidParameter('Request must specify path.');
      const path = readFilePath(asked);
      if (request.body.length === 0) throw invalidParameter('Request must specify data.');
      const { artifactUri } = await runs.find(call, runId);
      await artifacts.put(call, pathBelow(artifactUri, path), only(request.body), request.body.length);
      return { status: 200, contentType: 'application/json', body: '' };
    },

    /** MLflow makes such URLs for clouds only; clients go through the proxy then. */
    createPresignedUploadUrl: async (request, call) => {
      const { run_id, model_id, path } = readMessage(Presigned, request);
      if (Boolean(run_id) === Boolean(model_id)) throw invalidParameter('Exactly one of run_id and model_id must be provided.');
      readFilePath(path);
      const uri = run_id ? (await runs.find(call, run_id)).artifactUri : (await loggedModels.get(call, model_id ?? '')).artifactUri;
      throw notPresigned('upload', uri, 'Presigned upload is not supported for proxied artifact storage');
    },
    createPresignedDownloadUrl: async (request, call) => {
      const { run_id, path, expiration = 1 } = readMessage(Presigned, request);
      if (!run_id)
        throw invalidParameter(
          "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
        );
      readFilePath(path);
      if (expiration < 1 || expiration > 604_800)
        throw invalidParameter(`expiration must be between 1 and 604800 seconds (got ${expiration}).`);
      const { artifactUri } = await runs.find(call, run_id);
      throw notPresigned('download', artifactUri, 'Presigned download is not supported for runs with proxied artifact storage');
    },
  };
}

/** What stands behind the route. */
export const below = ({ params }: ForeignRequest): string => params['*'] ?? '';

/** The length that is announced, if one is. */
export function lengthOf({ headers }: ForeignRequest): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}

function notPresigned(what: 'upload' | 'download', uri: string, sentence: string): AppError {
  const scheme = uri.slice(0, Math.max(uri.indexOf(':'), 0));
  if (['http', 'https', 'mlflow-artifacts'].includes(scheme))
    return invalidParameter(`${sentence} (artifact URI scheme: ${scheme}). This endpoint requires a direct cloud storage artifact URI.`);
  return mlflowError('NOT_IMPLEMENTED', `Presigned ${what} is not supported for the current artifact repository`);
}
