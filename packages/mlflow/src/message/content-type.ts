import type { ForeignRequest } from '@mlab/kernel';
import { invalidParameter } from '#/errors.ts';

/**
 * Refuses a POST or PUT that does not say it is JSON, as MLflow does. Browsers send other types across origins without asking first; PATCH
 * and DELETE they do not.
 */
export function checkContentType({ method, contentType }: ForeignRequest): void {
  if (method !== 'POST' && method !== 'PUT') return;
  if (contentType === undefined || contentType === '') throw invalidParameter('Bad Request. Content-Type header is missing.');
  if (contentType === 'application/json' || contentType.split(';', 1)[0]?.trim().toLowerCase() === 'application/json') return;
  throw invalidParameter("Bad Request. Content-Type must be one of ['application/json'].");
}
