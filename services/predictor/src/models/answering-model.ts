import { AppError, type CallMeta, type Clock } from '@mlab/kernel';
import type { Version } from '@mlab/contracts/registry-schemas';
import type { Columns, Outputs, Port, Scorer } from '@mlab/onnx';
import type { Config } from '#/config.ts';
import type { ServedModel } from '#/domain/served-model.ts';
import type { FetchedModel } from '#/models/fetch-model.ts';
import { Gate } from '#/models/gate.ts';
import type { Quarantine } from '#/models/quarantine.ts';
import { Slices, widthOf } from '#/models/slices.ts';
import type { VersionTally } from '#/models/tally.ts';

export interface AnsweringOptions {
  readonly version: Version;
  readonly file: FetchedModel;
  readonly scorer: Scorer;
  readonly quarantine: Quarantine;
  readonly tally: VersionTally;
  readonly clock: Clock;
  readonly config: Pick<Config, 'maxConcurrent' | 'maxWaiting'>;
}

/** How long a version that has left memory can still be asked by who holds it. */
const GRACE_MS = 1000;

/** A version in memory. */
export class AnsweringModel implements ServedModel {
  readonly model: string;
  readonly version: number;
  readonly file: FetchedModel;
  readonly scorer: Scorer;
  readonly memoryBytes: number;
  /** As the registry has it. */
  readonly signature: unknown;
  readonly tally: VersionTally;
  readonly quarantine: Quarantine;
  /** How many it has predicted for since it was loaded. */
  rows = 0;
  readonly #clock: Clock;
  readonly #gate: Gate;
  readonly #slices: Slices | undefined;
  #closing: Promise<void> | undefined;
  #usedAt: number;

  constructor({ version, file, scorer, quarantine, tally, clock, config }: AnsweringOptions) {
    this.model = version.model;
    this.version = version.version;
    this.signature = version.signature;
    this.file = file;
    this.scorer = scorer;
    this.memoryBytes = file.bytes.length + scorer.memoryBytes;
    this.quarantine = quarantine;
    this.tally = tally;
    this.#clock = clock;
    this.#gate = new Gate(config.maxConcurrent, config.maxWaiting);
    this.#slices = scorer.compiled === undefined ? undefined : new Slices(scorer.compiled);
    this.#usedAt = clock.monotonic();
  }

  get sha256(): string {
    return this.file.sha256;
  }

  get bytes(): number {
    return this.file.bytes.length;
  }

  get backend(): 'compiled' | 'onnxruntime' {
    return this.scorer.backend;
  }

  get reason(): string | undefined {
    return this.scorer.reason;
  }

  get inputs(): readonly Port[] {
    return this.scorer.inputs;
  }

  get outputs(): readonly Port[] {
    return this.scorer.outputs;
  }

  get metadata(): ReadonlyMap<string, string> {
    return this.scorer.metadata;
  }

  get isBusy(): boolean {
    return this.#gate.busy > 0;
  }

  /** When it was asked last, on the clock that never goes back. */
  get usedAt(): number {
    return this.#usedAt;
  }

  async ask(columns: Columns, call: CallMeta): Promise<Outputs> {
    const rows = rowsOf(columns, this.inputs);
    return this.askNow(columns, rows) ?? this.#askLater(columns, rows, call);
  }

  /** Without waiting, where it is compiled, has room, and so many rows take no time worth mentioning. */
  askNow(columns: Columns, rows: number): Outputs | undefined {
    if (this.#slices?.fits(rows) !== true) return undefined;
    const started = this.#begin();
    try {
      const outputs = this.#slices.score(columns, rows);
      this.#end(started, rows, undefined);
      return outputs;
    } catch (error) {
      this.#end(started, rows, error);
      throw error;
    }
  }

  async askInTurn(columns: Columns, rows: number, call: CallMeta): Promise<Outputs> {
    return this.askNow(columns, rows) ?? this.#askLater(columns, rows, call);
  }

  async #askLater(columns: Columns, rows: number, call: CallMeta): Promise<Outputs> {
    this.refuseInQuarantine();
    const started = this.#begin();
    let isInside = false;
    try {
      if (!this.#gate.tryEnter()) await this.#gate.wait(call);
      isInside = true;
      const outputs =
        this.#slices === undefined
          ? await this.scorer.score(columns, { signal: call.signal })
          : await this.#slices.scoreInTurns(columns, rows, call);
      this.#end(started, rows, undefined);
      return outputs;
    } catch (error) {
      this.#end(started, rows, error);
      throw error;
    } finally {
      if (isInside) this.#gate.leave();
    }
  }

  /** Counts a question that is answered in another thread. */
  async elsewhere<T extends { readonly rows: number }>(ask: () => Promise<T>): Promise<T> {
    const started = this.#begin();
    try {
      const answer = await ask();
      this.#end(started, answer.rows, undefined);
      return answer;
    } catch (error) {
      this.#end(started, 0, error);
      throw error;
    }
  }

  refuseInQuarantine(): void {
    this.quarantine.refuseWhileIn(`${this.model}@${this.version}`);
  }

  #begin(): number {
    this.#usedAt = this.#clock.monotonic();
    return this.#usedAt;
  }

  #end(started: number, rows: number, error: unknown): void {
    const { tally } = this;
    tally.questions++;
    if (error === undefined) {
      tally.rows += rows;
      this.rows += rows;
    } else if (AppError.is(error, 'invalid')) tally.invalid++;
    else tally.failed++;
    tally.durations.observe((this.#clock.monotonic() - started) / 1000);
  }

  /** Ends once nobody asks it any more. */
  close(): Promise<void> {
    this.#closing ??= this.#closeWhenIdle();
    return this.#closing;
  }

  async #closeWhenIdle(): Promise<void> {
    if (this.scorer.compiled !== undefined) return;
    do await new Promise<void>((resolve) => void this.#clock.schedule(GRACE_MS, resolve));
    while (this.isBusy);
    await this.scorer[Symbol.asyncDispose]();
  }

  /** At once: the service ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.scorer[Symbol.asyncDispose]();
  }
}

/** How many rows the columns have, as far as can be told before they are looked at. */
function rowsOf(columns: Columns, inputs: readonly Port[]): number {
  const [first] = inputs;
  const given = first !== undefined && Object.hasOwn(columns, first.name) ? columns[first.name] : undefined;
  if (first === undefined || given === undefined) return 0;
  if ('data' in given) return given.dims[0] ?? 1;
  return Math.ceil(given.length / Math.max(1, widthOf(first)));
}
