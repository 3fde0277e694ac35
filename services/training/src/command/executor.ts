export const EXECUTORS = ['local', 'ray', 'kubernetes'] as const;
export type ExecutorName = (typeof EXECUTORS)[number];

/** A program that is to be run somewhere. */
export interface Program {
  /** Letters, digits and dashes: the same for the same attempt, so that who comes back to it finds it instead of running it twice. */
  readonly id: string;
  /** The program and its arguments. No shell reads them. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Most memory, in bytes. */
  readonly memoryBytes: number;
  /** Whether it keeps to its memory by itself; else it is held to it on this machine too, by its address space. */
  readonly seesToMemory: boolean;
  /** Processors that it is to have. Not looked at on this machine. */
  readonly cpus: number;
  /** Where it runs in a container: which image; undefined: the one that is configured. */
  readonly image: string | undefined;
}

export interface ProgramHooks {
  /** Ends it, with all processes that it has begun; where others go on with it it may be left to them: see `isHandedOver`. */
  readonly signal: AbortSignal;
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface ProgramEnd {
  readonly succeeded: boolean;
  /** How it ended, for people: `It ended with code 3.` */
  readonly sentence: string;
}

/**
 * Where programs run. `run` resolves when the program has ended, however it has; it throws `invalid` where it cannot be started, and
 * `unavailable` where nobody knows how it stands.
 */
export interface Executor extends Partial<AsyncDisposable> {
  readonly name: ExecutorName;
  /** Whether it sees the files of this machine. */
  readonly local: boolean;
  run(program: Program, hooks: ProgramHooks): Promise<ProgramEnd>;
}
