import { route } from '@mlab/kernel';

const read = 'tracking:read';
const write = 'tracking:write';
const HOUR_MS = 3_600_000;
const proxied = '/api/2.0/mlflow-artifacts';

/** The artifact proxy, and what a server says of itself. `*` is the path of an artifact below the root of all. */
export const artifactRoutes = {
  health: route('GET /health', { summary: 'Whether it is alive', scope: read }),
  version: route('GET /version', { summary: 'The version of MLflow whose protocol this is', scope: read }),
  serverInfo: route('GET /api/3.0/mlflow/server-info', { summary: 'What this server can do', scope: read }),

  listFolder: route(`GET ${proxied}/artifacts`, { summary: 'What is in a folder', scope: read }),
  downloadFile: route(`GET ${proxied}/artifacts/*`, { summary: 'Download a file, or a range of it', scope: read, timeoutMs: HOUR_MS }),
  uploadFile: route(`PUT ${proxied}/artifacts/*`, { summary: 'Upload a file', scope: write, safe: true, body: 'stream' }),
  deleteFiles: route(`DELETE ${proxied}/artifacts/*`, { summary: 'Delete a file or a folder', scope: write, safe: true }),
  presignDownload: route(`GET ${proxied}/presigned/*`, { summary: 'Where to download a file in parts', scope: read }),

  createMultipartUpload: route(`POST ${proxied}/mpu/create/*`, { summary: 'Begin an upload in parts', scope: write }),
  uploadPart: route(`PUT ${proxied}/mpu/parts/:upload_id/:part_number`, {
    summary: 'Upload a part',
    scope: write,
    safe: true,
    body: 'stream',
  }),
  completeMultipartUpload: route(`POST ${proxied}/mpu/complete/*`, {
    summary: 'Put the parts together',
    scope: write,
    safe: true,
    timeoutMs: HOUR_MS,
    // 10,000 parts with their URLs.
    maxBodyBytes: 8_388_608,
  }),
  abortMultipartUpload: route(`POST ${proxied}/mpu/abort/*`, { summary: 'Give an upload in parts up', scope: write, safe: true }),

  listArtifacts: route('GET /api/2.0/mlflow/artifacts/list', { summary: 'What is in a folder of a run', scope: read }),
  getArtifact: route('GET /get-artifact', { summary: 'Download a file of a run', scope: read, timeoutMs: HOUR_MS }),
  uploadSmallArtifact: route('POST /api/2.0/mlflow/upload-artifact', {
    summary: 'Upload a file of at most 10 MB to a run',
    scope: write,
    safe: true,
    maxBodyBytes: 10_485_760,
  }),
  createPresignedUploadUrl: route('POST /api/2.0/mlflow/artifacts/presigned-upload-url', {
    summary: 'Where to upload a file past this server',
    scope: write,
  }),
  createPresignedDownloadUrl: route('POST /api/2.0/mlflow/artifacts/presigned-download-url', {
    summary: 'Where to download a file past this server',
    scope: read,
  }),
};
