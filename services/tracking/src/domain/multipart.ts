import { invalidParameter } from '@mlab/mlflow';

export const MAX_PARTS = 10_000;

/** A part as the client that has uploaded it names it. */
export interface NamedPart {
  readonly part_number: number;
  /** What the server said when it came, if the client kept it. */
  readonly etag: string | undefined;
}

interface KnownPart {
  readonly number: number;
  readonly sha256: string;
}

export const etagOf = (sha256: string): string => `"${sha256}"`;

/** The parts that make the file, in the order in which they are named. */
export function chooseParts<P extends KnownPart>(named: readonly NamedPart[], known: readonly P[]): readonly P[] {
  if (named.length === 0) throw invalidParameter("Missing value for required parameter 'parts'. An upload needs one part at least.");
  const byNumber = new Map(known.map((part) => [part.number, part]));
  let last = 0;
  return named.map(({ part_number: number, etag }) => {
    const part = byNumber.get(number);
    if (number <= last) throw invalidParameter(`Invalid value for parameter 'parts': part ${number} stands behind part ${last}.`);
    if (part === undefined) throw invalidParameter(`Invalid value for parameter 'parts': part ${number} has not been uploaded.`);
    if (etag && etag.replaceAll('"', '') !== part.sha256)
      throw invalidParameter(`Invalid value for parameter 'parts': the etag of part ${number} is not that of what was uploaded.`);
    last = number;
    return part;
  });
}

/** The number of a part, as it stands in a URL. */
export function readPartNumber(text: string | undefined): number {
  const number = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  if (number < 1 || number > MAX_PARTS) throw invalidParameter(`Invalid part number: expected 1 to ${MAX_PARTS}.`);
  return number;
}
