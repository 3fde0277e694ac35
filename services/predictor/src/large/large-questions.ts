import { AppError, type CallMeta, type ForeignAnswer, type ForeignRequest } from '@mlab/kernel';
import type { Config } from '#/config.ts';
import { DEMO } from '#/domain/demo-served.ts';
import type { ModelRef, ServedModel } from '#/domain/served-model.ts';
import type { LargeAnswer, LargeModel, LargeQuestion, Wanted } from '#/large/large-orders.ts';
import { LargeProcess } from '#/large/large-process.ts';
import { AnsweringModel } from '#/models/answering-model.ts';

type Request = Pick<ForeignRequest, 'headers' | 'body'>;

/** More values than this of one answer are written in the process. */
const MOST_VALUES = 65_536;
/** What ONNX Runtime may give at most in the process. */
const MOST_OUTPUT_BYTES = 268_435_456;

/** Questions that are large, or whose answers are: all that takes time of them happens in a process beside. */
export class LargeQuestions implements AsyncDisposable {
  readonly #config: Config;
  readonly #process: LargeProcess;
  readonly #generous = new WeakSet<object>();
  /** How many values a row of a model's outputs has. */
  readonly #widths = new WeakMap<object, number>();

  constructor(config: Config) {
    this.#config = config;
    this.#process = new LargeProcess(config.large);
  }

  /** From so many bytes on a question is one. */
  get fromBytes(): number {
    return this.#config.large.fromBytes;
  }

  /** Whether what a model gives for so many rows is too much to be written at once, as far as can be told before. */
  isMuch(model: Pick<ServedModel, 'outputs'>, rows: number): boolean {
    const { outputs } = model;
    let width = this.#widths.get(outputs);
    if (width === undefined) {
      width = outputs.reduce((sum, { shape }) => sum + widthOf(shape), 0);
      this.#widths.set(outputs, width);
    }
    return rows * width > MOST_VALUES || this.#generous.has(model);
  }

  /** Whether that turned out to be so: a model that has once given much is asked beside from then on. */
  wasMuch(model: ServedModel, error: unknown): boolean {
    if (!AppError.is(error, 'too_large')) return false;
    this.#generous.add(model);
    return true;
  }

  /** Rows as they came. Which model is asked stands in the body, so that `open` hears of it later. */
  async rows(
    { params, contentType, body }: Pick<ForeignRequest, 'params' | 'contentType' | 'body'>,
    open: (ref: ModelRef) => Promise<AnsweringModel>,
    call: CallMeta,
  ): Promise<ForeignAnswer> {
    let model: AnsweringModel | undefined;
    const answer = await this.#askNamed(
      { kind: 'rows', params, contentType },
      body,
      async (wanted) => (model = await open(wanted as ModelRef)),
      call,
    );
    if (model !== undefined) model.tally.ignoredFields += answer.ignored;
    return answered(answer);
  }

  /** A message of gRPC, which names its model itself too. */
  message(
    { body, streamed }: { readonly body: Uint8Array; readonly streamed: boolean },
    open: (name: string, version: string) => Promise<ServedModel>,
    call: CallMeta,
  ): Promise<LargeAnswer> {
    const named = (wanted: Wanted): Promise<ServedModel> => {
      const { name, version } = wanted as Extract<Wanted, { readonly name: string }>;
      return open(name, version);
    };
    return this.#askNamed({ kind: 'message', streamed }, body, named, call);
  }

  /** A body of the Open Inference Protocol. */
  async infer(model: ServedModel, { headers, body }: Request, call: CallMeta): Promise<LargeAnswer> {
    const question = {
      headerLength: textOf(headers['inference-header-content-length']),
      encoding: headers['content-encoding'],
      accepted: textOf(headers['accept-encoding']),
    };
    return this.#ask(model, (described) => ({ kind: 'infer', model: described, ...question }), body, call);
  }

  async #askNamed(
    question: LargeQuestion,
    body: Uint8Array,
    open: (wanted: Wanted) => Promise<ServedModel>,
    call: CallMeta,
  ): Promise<LargeAnswer> {
    let model: ServedModel | undefined;
    const answer = Promise.withResolvers<LargeAnswer>();
    const modelFor = async (wanted: Wanted): Promise<LargeModel | 'demo'> => {
      model = await open(wanted);
      // From here on it is a question to this model.
      if (model instanceof AnsweringModel) model.elsewhere(() => answer.promise).catch(() => {});
      return this.#described(model);
    };
    try {
      const given = await this.#process.ask(question, { body, modelFor, file: () => fileOf(model), onLost: () => lostOf(model) }, call);
      answer.resolve(given);
      return given;
    } catch (error) {
      answer.promise.catch(() => {});
      answer.reject(error);
      throw error;
    }
  }

  async #ask(
    model: ServedModel,
    question: (model: LargeModel | 'demo') => LargeQuestion,
    body: Uint8Array,
    call: CallMeta,
  ): Promise<LargeAnswer> {
    const asking = (): Promise<LargeAnswer> =>
      this.#process.ask(question(this.#described(model)), { body, file: () => fileOf(model), onLost: () => lostOf(model) }, call);
    return model instanceof AnsweringModel ? model.elsewhere(asking) : asking();
  }

  #described(asked: ServedModel): LargeModel | 'demo' {
    if (!(asked instanceof AnsweringModel)) {
      if (asked.model === DEMO) return 'demo';
      throw new AppError('internal', `${asked.model} has no file to be opened elsewhere.`);
    }
    asked.refuseInQuarantine();
    const { model, version, sha256, signature, file, backend } = asked;
    const { isolation, ortMemoryMb, answerTimeoutMs, loadTimeoutMs, maxBatchRows } = this.#config;
    return {
      key: JSON.stringify([model, version, sha256, signature]),
      model,
      version,
      size: file.bytes.length,
      signature,
      options: {
        compile: backend === 'compiled',
        isolation,
        memoryMb: ortMemoryMb,
        timeoutMs: answerTimeoutMs,
        loadTimeoutMs,
        maxBatchRows,
        maxOutputBytes: MOST_OUTPUT_BYTES,
      },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}

const fileOf = (model: ServedModel | undefined): Uint8Array => (model instanceof AnsweringModel ? model.file.bytes : NOTHING);
const NOTHING = new Uint8Array(0);

const lostOf = (model: ServedModel | undefined): void => {
  if (model instanceof AnsweringModel) model.quarantine.died();
};

export const answered = ({ contentType, headers, body }: LargeAnswer): ForeignAnswer => ({ status: 200, contentType, headers, body });

/** Of a row, as far as the model says it. */
const widthOf = (shape: ServedModel['outputs'][number]['shape']): number =>
  (shape ?? []).slice(1).reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);

const textOf = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header.join(', ') : header);
