import type { ParseArgsOptionsConfig } from 'node:util';

type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** A command is data plus `run`, which answers with the exit code. */
export interface Command {
  readonly summary: string;
  readonly usage: string;
  readonly details?: string;
  readonly options: ParseArgsOptionsConfig;
  /** For commands that hand their arguments on to another program: nothing is parsed, all of it arrives in `positionals`. */
  readonly passesArgumentsOn?: boolean;
  run(input: CommandInput): Promise<number>;
}

export interface CommandInput {
  readonly positionals: readonly string[];
  readonly flags: Flags;
}
