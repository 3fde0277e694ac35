import type { registry } from '@mlab/contracts/registry';
import type { Version } from '@mlab/contracts/registry-schemas';
import type { ServedVersion } from '@mlab/contracts/predictor-models';
import { AppError, rootCall, type CallMeta, type ClientOf, type Clock } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import type { Config } from '#/config.ts';
import type { ModelRef, Models } from '#/domain/served-model.ts';
import type { AnsweringModel } from '#/models/answering-model.ts';
import { findVersion } from '#/models/find-version.ts';
import { forCaller } from '#/models/for-caller.ts';
import type { Memory } from '#/models/memory.ts';
import type { Tally } from '#/models/tally.ts';

export interface ModelsOptions {
  readonly registry: ClientOf<typeof registry> | undefined;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tally: Tally;
  readonly memory: Memory;
}

/** One way in which a model is asked for: a version, an alias, or neither; and what answers it. */
interface Way {
  readonly ref: ModelRef;
  /** Answers, until the version that is named now is in memory. */
  target: AnsweringModel | undefined;
  /** What the registry said last. */
  named: Version | undefined;
  lookedUpAt: number;
  looking: Promise<AnsweringModel> | undefined;
  /** What the registry said was overtaken by what was heard since. */
  isStale: boolean;
}

const LOOKUP_MS = 10_000;
/** So many ways are remembered; who asked for models that are not there leaves none. */
const MOST_WAYS = 10_000;

/** Which version answers, as the registry says; and the versions in memory. */
export class OpenedModels implements Models {
  readonly #options: ModelsOptions;
  readonly #ways = new Map<string, Map<string, Way>>();
  #count = 0;

  constructor(options: ModelsOptions) {
    this.#options = options;
    options.memory.onLeave = (model) => this.#forget(model);
  }

  standing(ref: ModelRef): AnsweringModel | undefined {
    const way = this.#ways.get(ref.model)?.get(nameOf(ref));
    if (way?.target === undefined) return undefined;
    if (way.isStale || this.#options.clock.monotonic() - way.lookedUpAt >= this.#options.config.refreshMs) this.#refresh(way);
    return way.target;
  }

  async open(ref: ModelRef, call: CallMeta): Promise<AnsweringModel> {
    return this.standing(ref) ?? this.#bring(ref, call, false);
  }

  /** Loads it also where that has failed before, and ends its quarantine. */
  async insist(ref: ModelRef, call: CallMeta): Promise<AnsweringModel> {
    return this.#bring(ref, call, true);
  }

  #bring(ref: ModelRef, call: CallMeta, isInsisted: boolean): Promise<AnsweringModel> {
    const way = this.#ways.get(ref.model)?.get(nameOf(ref)) ?? this.#remember(newWay(ref));
    return forCaller(this.#look(way, isInsisted), call);
  }

  list(): readonly ServedVersion[] {
    return this.#options.memory.list((model, version) =>
      [...(this.#ways.get(model)?.values() ?? [])].flatMap(({ ref, named }) =>
        ref.alias !== undefined && named?.version === version ? [ref.alias] : [],
      ),
    );
  }

  async unload(ref: ModelRef): Promise<number> {
    const { memory } = this.#options;
    const named = ref.alias === undefined ? ref.version : this.#ways.get(ref.model)?.get(nameOf(ref))?.named?.version;
    if (ref.alias !== undefined && named === undefined) return 0;
    return memory.unload(ref.model, named);
  }

  /** Something about a model has changed in the registry: what is known of it is looked up anew at once, behind the answers. */
  changed(model: string): void {
    for (const way of this.#ways.get(model)?.values() ?? []) {
      way.isStale = true;
      this.#refresh(way);
    }
  }

  /** Nobody can say what has changed meanwhile. */
  changedAll(): void {
    for (const model of this.#ways.keys()) this.changed(model);
  }

  #refresh(way: Way): void {
    if (way.looking !== undefined) return;
    // Whoever is asked meanwhile need not hear of it: the log does.
    this.#look(way, false).catch(() => {});
  }

  /** One at a time for each way. */
  #look(way: Way, isInsisted: boolean): Promise<AnsweringModel> {
    if (way.looking !== undefined && !isInsisted) return way.looking;
    const looking = this.#lookUp(way, isInsisted).finally(() => {
      if (way.looking === looking) way.looking = undefined;
      if (way.target === undefined && way.named === undefined && way.looking === undefined) this.#drop(way);
      // Heard of while it was being looked up.
      if (way.isStale) this.#refresh(way);
    });
    way.looking = looking;
    return looking;
  }

  async #lookUp(way: Way, isInsisted: boolean): Promise<AnsweringModel> {
    const { registry, memory } = this.#options;
    if (registry === undefined)
      throw new AppError('not_found', `There is no model ${way.ref.model}: this lab runs without a Model Registry.`);
    way.isStale = false;
    const version = await this.#versionFor(way, registry, rootCall('predictor', LOOKUP_MS, AbortSignal.timeout(LOOKUP_MS)));
    const loaded = await memory.open(version, isInsisted);
    this.#settle(way, loaded);
    return loaded;
  }

  async #versionFor(way: Way, registry: NonNullable<ModelsOptions['registry']>, call: CallMeta): Promise<Version> {
    try {
      const version = await findVersion(registry, way.ref, this.#options.config.defaultAlias, call);
      way.named = version;
      return version;
    } catch (error) {
      if (AppError.is(error, 'not_found')) this.#drop(way);
      else if (way.named !== undefined) return way.named;
      throw unfound(error);
    } finally {
      // Also after a failure it is not asked at once again.
      way.lookedUpAt = this.#options.clock.monotonic();
    }
  }

  #settle(way: Way, loaded: AnsweringModel): void {
    const { target: before, ref } = way;
    way.target = loaded;
    if (before === undefined || before === loaded) return;
    const { log, tally } = this.#options;
    tally.swapped(ref.model);
    log.info({ model: ref.model, alias: ref.alias, from: before.version, to: loaded.version }, 'another version answers');
  }

  #remember(way: Way): Way {
    if (this.#count >= MOST_WAYS) {
      this.#ways.clear();
      this.#count = 0;
    }
    const ways = this.#ways.get(way.ref.model) ?? new Map<string, Way>();
    this.#ways.set(way.ref.model, ways);
    ways.set(nameOf(way.ref), way);
    this.#count++;
    return way;
  }

  #drop(way: Way): void {
    const ways = this.#ways.get(way.ref.model);
    if (ways?.get(nameOf(way.ref)) !== way) return;
    ways.delete(nameOf(way.ref));
    this.#count--;
    if (ways.size === 0) this.#ways.delete(way.ref.model);
    const { model, alias, version } = way.ref;
    if (way.named !== undefined) this.#options.log.info({ model, alias, version }, 'is no longer in the registry');
  }

  #forget(model: AnsweringModel): void {
    for (const way of this.#ways.get(model.model)?.values() ?? []) if (way.target === model) way.target = undefined;
  }
}

const nameOf = ({ version, alias }: ModelRef): string => (version !== undefined ? `v${version}` : alias !== undefined ? `a${alias}` : '');

const newWay = (ref: ModelRef): Way => ({
  ref,
  target: undefined,
  named: undefined,
  lookedUpAt: Number.NEGATIVE_INFINITY,
  looking: undefined,
  isStale: false,
});

/** What went wrong in the registry, as it is told to who asked for a model. */
function unfound(error: unknown): AppError {
  const { code, message } = AppError.from(error);
  if (code === 'not_found') return new AppError('not_found', message, { cause: error });
  if (code === 'invalid') return new AppError('invalid', message, { cause: error });
  return new AppError('unavailable', `The Model Registry cannot be asked which version is meant: ${message}`, {
    cause: error,
    retryAfter: 1,
  });
}
