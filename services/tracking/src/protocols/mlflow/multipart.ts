import type { artifactRoutes } from '@mlab/contracts/mlflow-artifacts';
import type { ForeignRequest, RouteHandlers } from '@mlab/kernel';
import { answer, int64, invalidParameter, list, message, readMessage, text } from '@mlab/mlflow';
import type { Multipart } from '#/artifacts/multipart.ts';
import { joinPaths, readArtifactPath, readFilePath } from '#/domain/artifact-path.ts';
import { etagOf, MAX_PARTS, readPartNumber } from '#/domain/multipart.ts';
import { below, lengthOf } from './artifacts.ts';
import { ownHeaders, proxyUrl } from './proxy-url.ts';

const Create = message({ path: text({ required: true }), num_parts: int64({ default: 1 }) }, { required: true });
const Part = message({ part_number: int64({ required: true }), etag: text() }, { required: true });
const Complete = message({ path: text({ required: true }), upload_id: text({ required: true }), parts: list(Part) }, { required: true });
const Abort = message({ path: text({ required: true }), upload_id: text({ required: true }) }, { required: true });

type OwnRoutes = Pick<typeof artifactRoutes, 'createMultipartUpload' | 'uploadPart' | 'completeMultipartUpload' | 'abortMultipartUpload'>;

/** Files that come in parts: clients put them at URLs of this server, where others get those of a cloud. */
export const multipartHandlers = (multipart: Multipart): RouteHandlers<OwnRoutes> => ({
  createMultipartUpload: async (request, call) => {
    const { path, num_parts: count } = readMessage(Create, request);
    if (count < 1 || count > MAX_PARTS)
      throw invalidParameter(`Invalid value ${count} for parameter 'num_parts': expected 1 to ${MAX_PARTS}.`);
    const id = await multipart.begin(call, targetOf(request, path));
    const headers = ownHeaders(request);
    const credentials = Array.from({ length: count }, (_, index) => ({
      url: proxyUrl(request, 'mpu/parts', `${id}/${index + 1}`),
      part_number: index + 1,
      headers,
    }));
    return answer({ upload_id: id, credentials });
  },

  uploadPart: async (request, call) => {
    const { upload_id: id = '', part_number } = request.params;
    const sha256 = await multipart.put(call, id, readPartNumber(part_number), request.stream, lengthOf(request));
    return { ...answer({}), headers: { etag: etagOf(sha256) } };
  },

  completeMultipartUpload: async (request, call) => {
    const { path, upload_id, parts } = readMessage(Complete, request);
    await multipart.complete(call, upload_id, targetOf(request, path), parts);
    return answer({});
  },

  abortMultipartUpload: async (request, call) => {
    const { path, upload_id } = readMessage(Abort, request);
    await multipart.abort(call, upload_id, targetOf(request, path));
    return answer({});
  },
});

/** The folder stands in the URL; of the client's own path the file's name counts, whatever system it is from. */
const targetOf = (request: ForeignRequest, localPath: string): string =>
  readFilePath(joinPaths(readArtifactPath(below(request)), readFilePath(localPath.replace(/^.*[\\/]/s, ''))));
