import type { artifactRoutes } from '@mlab/contracts/mlflow-artifacts';
import type { ForeignAnswer, RouteHandlers } from '@mlab/kernel';
import { answer } from '@mlab/mlflow';

/**
 * The version of MLflow whose protocol this is. Its client asks for one thing by it: from 3.4 on it sends traces by OTLP, which is understood
 * here (`mlflow/store/tracking/rest_store.py`, `log_spans`).
 */
const VERSION = '3.17.2';

const plain = (body: string): ForeignAnswer => ({ status: 200, contentType: 'text/plain; charset=utf-8', body });

/**
 * What clients ask a server about itself. Files in parts are not offered, though they are taken from a client that is told to send them
 * (MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD): one stream is as fast here, and is written once.
 */
export const serverHandlers: RouteHandlers<Pick<typeof artifactRoutes, 'health' | 'version' | 'serverInfo'>> = {
  health: () => plain('OK'),
  version: () => plain(VERSION),
  serverInfo: () =>
    answer({
      store_type: 'SqlStore',
      workspaces_enabled: false,
      trace_archival_enabled: false,
      multipart_uploads_enabled: false,
      multipart_downloads_enabled: false,
      presigned_upload_run_id_supported: true,
      presigned_upload_model_id_supported: true,
      features_enabled: { gateway: false },
    }),
};
