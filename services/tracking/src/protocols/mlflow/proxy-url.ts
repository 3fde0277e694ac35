import { mlflowTracking } from '@mlab/contracts/mlflow';
import type { ForeignRequest } from '@mlab/kernel';

/** A URL of the artifact proxy as the client of this request sees it. */
export const proxyUrl = ({ origin }: ForeignRequest, area: 'artifacts' | 'mpu/parts', path: string): string =>
  `${origin}${mlflowTracking.root}/api/2.0/mlflow-artifacts/${area}/${path.split('/').map(encodeURIComponent).join('/')}`;

/** Clients send to such a URL only the headers that they are told to: with the credentials that they have shown, they are who they were. */
export function ownHeaders({ headers }: ForeignRequest): Readonly<Record<string, string>> {
  const { authorization } = headers;
  return authorization === undefined ? {} : { Authorization: authorization };
}
