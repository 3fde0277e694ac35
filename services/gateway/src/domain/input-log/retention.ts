export interface TableSize {
  /** On disk, with indexes and what is stored apart. */
  readonly totalBytes: number;
  readonly rows: number;
  /** Of one row with its share of the indexes, on average. */
  readonly bytesPerRow: number;
}

/**
 * How many of the oldest rows must go. A table's files do not shrink when rows go, the room is used again: so it is not the files that
 * are compared with the limit, once they are larger, but the rows that live in them.
 */
export function rowsBeyond({ totalBytes, rows, bytesPerRow }: TableSize, keepBytes: number): number {
  if (totalBytes <= keepBytes || bytesPerRow <= 0) return 0;
  return Math.max(0, Math.min(rows, Math.ceil(rows - keepBytes / bytesPerRow)));
}
