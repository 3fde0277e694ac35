import { predictor } from '@mlab/contracts/predictor';
import { MAX_TENSOR_BYTES } from '@mlab/contracts/open-inference';
import { inputReader } from '@mlab/kernel';
import type { Scorer } from '@mlab/onnx';
import { columnsOf, compress, decompress, encodingFor, readRequest, type Ports } from '@mlab/open-inference';
import { demoServed } from '#/domain/demo-served.ts';
import { predictionsOf } from '#/domain/predictions.ts';
import type { Row } from '#/domain/row.ts';
import type { ServedModel } from '#/domain/served-model.ts';
import type { LargeAnswer, LargeModel, LargeQuestion, Wanted } from '#/large/large-orders.ts';
import { OpenedScorers } from '#/large/opened-scorers.ts';
import { refOf, type Asked } from '#/models/ref-of.ts';
import { writeInferred } from '#/protocols/open-inference/write-inferred.ts';

export interface AnsweringCall {
  readonly fileOf: (model: LargeModel) => Promise<Uint8Array>;
  readonly onLost: () => void;
  /** Of a question that names its model itself. */
  readonly modelFor: (wanted: Wanted) => Promise<LargeModel | 'demo'>;
}

type Question<K extends LargeQuestion['kind']> = Extract<LargeQuestion, { readonly kind: K }>;
type Asking = Pick<ServedModel, 'model' | 'version' | 'inputs' | 'outputs'> & { readonly ask: Scorer['score'] };

/** Answers large questions, all of it in the thread that it is made in. */
export class Answerer implements AsyncDisposable {
  readonly #scorers = new OpenedScorers();
  readonly #rows = inputReader(predictor, 'predictRows');
  readonly #demo = demoServed(Math.random);

  answer(question: LargeQuestion, body: Buffer, call: AnsweringCall): Promise<LargeAnswer> {
    if (question.kind === 'rows') return this.#predict(question, body, call);
    return question.kind === 'infer' ? this.#infer(question, body, call) : this.#inferMessage(question, body, call);
  }

  /** The rows of one body, in the words of our own operation. */
  async #predict({ params, contentType }: Question<'rows'>, body: Buffer, call: AnsweringCall): Promise<LargeAnswer> {
    const watch = new Stopwatch();
    const { rows, ...asked } = this.#rows.read({ params, query: '', contentType, body: body }) as Asked & {
      rows: readonly Row[];
    };
    const model = (await call.modelFor(refOf(asked))) as LargeModel;
    const { scorer, form } = await this.#scorers.of(model, call);
    const { reader, roles } = form();
    const { columns, ignored } = reader.read(rows);
    watch.lap();
    const outputs = await scorer.score(columns);
    watch.lap();
    const predictions = predictionsOf(outputs, roles, rows.length);
    const written = JSON.stringify({ model: model.model, version: model.version, predictions });
    return { contentType: 'application/json', headers: {}, body: Buffer.from(written), rows: rows.length, ignored, took: watch.end() };
  }

  /** A body of the Open Inference Protocol, perhaps compressed. */
  async #infer(
    { model: which, headerLength, encoding, accepted }: Question<'infer'>,
    body: Buffer,
    call: AnsweringCall,
  ): Promise<LargeAnswer> {
    const watch = new Stopwatch();
    const model = await this.#model(which, call);
    const plain = encoding === undefined ? body : await decompress(body, encoding, MAX_TENSOR_BYTES);
    const asked = readRequest(plain, headerLength, portsOf(model));
    const columns = columnsOf(portsOf(model), asked.inputs);
    watch.lap();
    const outputs = await model.ask(columns);
    watch.lap();
    const written = writeInferred(model, asked, outputs);
    const wanted = encodingFor(accepted, written);
    const { contentType, headers = {}, body: answer } = wanted === undefined ? written : await compress(written, wanted);
    const rows = asked.inputs[0]?.shape[0] ?? 1;
    return {
      contentType,
      headers,
      body: typeof answer === 'string' ? Buffer.from(answer) : (answer as Uint8Array),
      rows,
      ignored: 0,
      took: watch.end(),
    };
  }

  /** The same over gRPC. */
  async #inferMessage({ streamed }: Question<'message'>, body: Buffer, call: AnsweringCall): Promise<LargeAnswer> {
    const watch = new Stopwatch();
    const { readMessage, writeMessage, readTensors, answerOf } = await import('#/protocols/grpc/messages.ts');
    const request = readMessage(body);
    const model = await this.#model(await call.modelFor({ name: request.modelName, version: request.modelVersion }), call);
    const asked = readTensors(request, portsOf(model));
    const columns = columnsOf(portsOf(model), asked.inputs);
    watch.lap();
    const outputs = await model.ask(columns);
    watch.lap();
    const written = writeMessage(request, answerOf(model, { id: request.id, asked }, outputs), streamed);
    return {
      contentType: '',
      headers: {},
      body: Buffer.from(written),
      rows: asked.inputs[0]?.shape[0] ?? 1,
      ignored: 0,
      took: watch.end(),
    };
  }

  async #model(which: LargeModel | 'demo', call: AnsweringCall): Promise<Asking> {
    if (which === 'demo') return { ...this.#demo, ask: (columns) => this.#demo.ask(columns, NOBODY) };
    const { model, version } = which;
    const { scorer } = await this.#scorers.of(which, call);
    return { model, version, inputs: scorer.inputs, outputs: scorer.outputs, ask: (columns) => scorer.score(columns) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scorers[Symbol.asyncDispose]();
  }
}

const NOBODY = undefined as never;

const portsOf = ({ model, inputs, outputs }: Asking): Ports => ({ model, inputs, outputs });

/** Tells how long each part took. */
class Stopwatch {
  readonly #laps: number[] = [performance.now()];

  lap(): void {
    this.#laps.push(performance.now());
  }

  end(): LargeAnswer['took'] {
    this.lap();
    const [began = 0, read = 0, computed = 0, written = 0] = this.#laps;
    return [read - began, computed - read, written - computed];
  }
}
