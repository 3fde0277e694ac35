const JSON_TYPE = /^\s*application\/(?:[^/;]*\+)?json\s*(?:;|$)/i;

/**
 * Whether FastAPI reads a body with this content type as JSON: `application/json` and `application/*+json`, in any case, with any
 * parameters. A missing or malformed type is not JSON, since browsers send those across origins without asking first.
 */
export function isJsonType(contentType: string | undefined): boolean {
  return contentType === 'application/json' || (contentType !== undefined && JSON_TYPE.test(contentType));
}
