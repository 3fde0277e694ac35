/** What the person at the terminal is told: whole sentences that say what is wrong and what to do. Everything else is a defect. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.name = 'CliError';
    this.exitCode = options.exitCode ?? 1;
  }
}

export const usageError = (message: string, options: ErrorOptions = {}): CliError => new CliError(message, { ...options, exitCode: 2 });

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
