export type ProcessState = 'starting' | 'ready' | 'crashed' | 'stopping' | 'stopped';

/** What a supervisor tells about one of its processes; times in milliseconds since 1970. */
export interface ProcessStatus {
  readonly process: string;
  readonly services: readonly { readonly name: string; readonly port: number; readonly url: string }[];
  readonly state: ProcessState;
  /** Why it crashed or did not start. */
  readonly reason?: string;
  readonly pid?: number;
  readonly startedAt?: number;
  readonly memoryBytes?: number;
  readonly restarts: number;
}
