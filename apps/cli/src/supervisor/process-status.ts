export type ProcessState = 'starting' | 'ready' | 'crashed' | 'stopping' | 'stopped';

export interface ServiceStatus {
  readonly name: string;
  /** Absent while a free port has not been taken yet. */
  readonly port?: number;
  readonly url?: string;
  /** Where it answers over gRPC besides. */
  readonly grpcPort?: number;
}

/** What a supervisor tells about one of its processes; times in milliseconds since 1970. */
export interface ProcessStatus {
  /** `predictor`, and `predictor.2` for its second instance. */
  readonly process: string;
  readonly services: readonly ServiceStatus[];
  readonly state: ProcessState;
  /** Why it crashed or did not start, in words that continue its name. */
  readonly reason?: string;
  readonly pid?: number;
  readonly startedAt?: number;
  readonly memory?: Memory;
  readonly restarts: number;
}

export interface Memory {
  readonly bytes: number;
  /**
   * `pss`: pages that several processes share count for each of them in part, so that the sum of all is what all take.
   * `rss`: they count for each in full, where the system tells no better.
   */
  readonly kind: 'pss' | 'rss';
}

/** What has become of a wish: the processes it was about, and a sentence for each that could not start. */
export interface Outcome {
  readonly processes: readonly string[];
  readonly failures: readonly string[];
}

export interface SupervisorStatus {
  readonly pid: number;
  readonly memory?: Memory;
  readonly processes: readonly ProcessStatus[];
}
