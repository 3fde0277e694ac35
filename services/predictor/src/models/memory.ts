import type { Version } from '@mlab/contracts/registry-schemas';
import { AppError, rootCall, type Clock } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import type { ServedVersion } from '@mlab/contracts/predictor-models';
import type { Config } from '#/config.ts';
import type { AnsweringModel } from '#/models/answering-model.ts';
import type { Tally, VersionTally } from '#/models/tally.ts';

export type Load = (
  version: Version,
  tally: VersionTally,
  call: ReturnType<typeof rootCall> & { readonly onQuarantine: (ms: number) => void },
) => Promise<AnsweringModel>;

/** A version that is in memory, on its way there, or could not be brought there. */
interface Entry {
  readonly version: Version;
  loading: Promise<AnsweringModel> | undefined;
  loaded: AnsweringModel | undefined;
  failure: { readonly error: AppError; readonly retryAt: number } | undefined;
  failures: number;
  lastUsedAt: Date | undefined;
}

export interface MemoryOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tally: Tally;
  readonly load: Load;
}

const LONGEST_RETRY_MS = 300_000;
/** So many versions that could not be loaded are remembered. */
const MOST_FAILED = 200;

/** The versions in memory: each is loaded once however many ask, and who was not asked for longest leaves first. */
export class Memory implements AsyncDisposable {
  readonly #options: MemoryOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #stop = new AbortController();
  /** Told of versions that leave. */
  onLeave: (model: AnsweringModel) => void = () => {};

  constructor(options: MemoryOptions) {
    this.#options = options;
  }

  /** The version, loaded where it is not. One that could not be loaded a while ago is refused with the same reason. */
  open(version: Version, isInsisted = false): Promise<AnsweringModel> {
    const entry = this.#entry(version);
    if (entry.loaded !== undefined) {
      if (isInsisted) entry.loaded.quarantine.end();
      return Promise.resolve(entry.loaded);
    }
    const { failure } = entry;
    if (failure !== undefined && !isInsisted && entry.loading === undefined && this.#options.clock.monotonic() < failure.retryAt) {
      return Promise.reject(failure.error);
    }
    entry.loading ??= this.#load(entry);
    return entry.loading;
  }

  #entry(version: Version): Entry {
    const key = keyOf(version);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { version, loading: undefined, loaded: undefined, failure: undefined, failures: 0, lastUsedAt: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  async #load(entry: Entry): Promise<AnsweringModel> {
    const { config, clock, log, tally: all, load } = this.#options;
    const { model, version } = entry.version;
    const tally = all.of(model, version);
    const started = clock.monotonic();
    try {
      const call = rootCall(
        'predictor',
        config.loadTimeoutMs,
        AbortSignal.any([this.#stop.signal, AbortSignal.timeout(config.loadTimeoutMs)]),
      );
      const onQuarantine = (ms: number): void => {
        tally.quarantines++;
        log.warn({ model, version, ms }, 'quarantined: its worker has died, or has not answered, too often');
      };
      const loaded = await load(entry.version, tally, { ...call, onQuarantine });
      if (loaded.memoryBytes > config.maxMemoryBytes) {
        await loaded[Symbol.asyncDispose]();
        const limit = `${loaded.memoryBytes} bytes, and all models together may take ${config.maxMemoryBytes}`;
        throw new AppError('conflict', `It is reckoned to take ${limit}.`);
      }
      Object.assign(entry, { loaded, failure: undefined, failures: 0 });
      tally.loads++;
      tally.memoryBytes = loaded.memoryBytes;
      const ms = Math.round(clock.monotonic() - started);
      log.info({ model, version, backend: loaded.backend, reason: loaded.reason, bytes: loaded.bytes, ms }, 'loaded');
      this.#makeRoom(entry);
      return loaded;
    } catch (error) {
      throw this.#failed(entry, error, tally);
    } finally {
      entry.loading = undefined;
    }
  }

  #failed(entry: Entry, cause: unknown, tally: VersionTally): AppError {
    const { config, clock, log } = this.#options;
    const { model, version } = entry.version;
    const { code, message } = AppError.from(cause);
    // What may be there again in a moment is asked for again; all else is the version's own fault.
    const isAway = code === 'unavailable' || code === 'deadline' || code === 'cancelled' || code === 'timed_out' || code === 'bad_gateway';
    const sentence = `${model}@${version} cannot be loaded: ${message}`;
    const error = isAway ? new AppError('unavailable', sentence, { cause, retryAfter: 1 }) : new AppError('conflict', sentence, { cause });
    const wait = isAway ? Math.min(1000, config.retryMs) : Math.min(LONGEST_RETRY_MS, config.retryMs * 2 ** entry.failures);
    entry.failure = { error, retryAt: clock.monotonic() + wait };
    entry.failures++;
    tally.loadFailures++;
    log.warn({ model, version, error: message, err: cause }, 'could not be loaded');
    this.#forgetFailed();
    return error;
  }

  /** Lets those go that were not asked for longest, none that is asked just now. */
  #makeRoom(latest: Entry): void {
    const { maxMemoryBytes, maxModels } = this.#options.config;
    const loaded = [...this.#entries.values()].filter((entry) => entry.loaded !== undefined);
    let bytes = loaded.reduce((sum, entry) => sum + (entry.loaded?.memoryBytes ?? 0), 0);
    let count = loaded.length;
    const idle = loaded
      .filter((entry) => entry !== latest && entry.loaded?.isBusy === false)
      .toSorted((a, b) => (a.loaded?.usedAt ?? 0) - (b.loaded?.usedAt ?? 0));
    for (const entry of idle) {
      if (bytes <= maxMemoryBytes && count <= maxModels) return;
      bytes -= entry.loaded?.memoryBytes ?? 0;
      count--;
      this.#leave(entry, 'makes room');
    }
  }

  #leave(entry: Entry, why: string): void {
    const { loaded, version } = entry;
    this.#entries.delete(keyOf(version));
    if (loaded === undefined) return;
    const { log, tally } = this.#options;
    tally.of(version.model, version.version).memoryBytes = 0;
    log.info({ model: version.model, version: version.version }, `left memory: ${why}`);
    this.onLeave(loaded);
    void loaded.close();
  }

  #forgetFailed(): void {
    const failed = [...this.#entries.values()].filter(
      ({ failure, loading, loaded }) => failure !== undefined && loading === undefined && loaded === undefined,
    );
    for (const entry of failed.slice(0, Math.max(0, failed.length - MOST_FAILED))) this.#entries.delete(keyOf(entry.version));
  }

  /** How many versions have left. One that is being loaded stays. */
  unload(model: string, version?: number, why = 'was told to'): number {
    let left = 0;
    for (const entry of this.#entries.values()) {
      if (entry.version.model !== model || (version !== undefined && entry.version.version !== version) || entry.loading !== undefined)
        continue;
      if (entry.loaded !== undefined) left++;
      this.#leave(entry, why);
    }
    return left;
  }

  list(aliasesOf: (model: string, version: number) => readonly string[]): ServedVersion[] {
    const { clock } = this.#options;
    const ago = (at: number): string => new Date(clock.now().getTime() - (clock.monotonic() - at)).toISOString();
    return [...this.#entries.values()].map(({ version: { model, version }, loaded, loading, failure }) => {
      const named = { model, version, aliases: [...aliasesOf(model, version)] };
      if (loaded === undefined) {
        const detail = failure === undefined || loading !== undefined ? {} : { detail: failure.error.message };
        return { ...named, state: loading === undefined ? 'failed' : 'loading', ...detail, rows: 0 };
      }
      const { leftMs } = loaded.quarantine;
      return {
        ...named,
        state: leftMs > 0 ? 'quarantined' : 'ready',
        ...(leftMs > 0
          ? { detail: `Its worker has died, or has not answered, too often; it is asked again in ${Math.ceil(leftMs / 1000)} s.` }
          : {}),
        backend: loaded.backend,
        ...(loaded.reason === undefined ? {} : { reason: loaded.reason }),
        sha256: loaded.sha256,
        bytes: loaded.bytes,
        memoryBytes: loaded.memoryBytes,
        rows: loaded.rows,
        lastUsedAt: ago(loaded.usedAt),
      };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new AppError('unavailable', 'The Model API is shutting down.'));
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(
      entries.map(async ({ loading, loaded }) => (loaded ?? (await loading?.catch(() => undefined)))?.[Symbol.asyncDispose]()),
    );
  }
}

/** Another model may have had the same name and number before. */
const keyOf = ({ model, version, location, createdAt }: Version): string => JSON.stringify([model, version, location, createdAt]);
