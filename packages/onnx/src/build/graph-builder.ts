import { AppError } from '@mlab/kernel/errors';
import type { ElementType } from '#/model/element-type.ts';
import type { Attribute, Model, Node, Tensor, TensorContent, ValueInfo } from '#/model/model.ts';

export type FlowType = 'float' | 'double' | 'int64' | 'int32' | 'bool' | 'string';

/** A value of the graph that is being built, one row for each row. */
export interface Flow {
  readonly name: string;
  readonly type: FlowType;
  /** Dimensions behind that of the rows: [columns] of a matrix, [] of a list of labels. */
  readonly dims: readonly number[];
}

export interface GraphOptions {
  readonly name?: string;
  readonly doc?: string;
  /** 8 to 10. */
  readonly irVersion?: number;
  /** Version of ai.onnx, 17 to 21. That of ai.onnx.ml is 3, the last one without TreeEnsemble, which many programs do not know yet. */
  readonly opset?: number;
}

export interface NodeOptions {
  readonly domain?: '' | 'ai.onnx.ml';
  readonly attributes?: Readonly<Record<string, Attribute | undefined>>;
  readonly doc?: string;
}

/** Collects the nodes of a graph; the layers beside this file add what belongs together. The same calls make the same model. */
export class GraphBuilder {
  readonly #options: Required<GraphOptions>;
  readonly #nodes: Node[] = [];
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #initializers: Tensor[] = [];
  readonly #names = new Set<string>();
  /** The last number that each stem of a name got, so that a graph of thousands of columns does not count from 1 each time. */
  readonly #numbers = new Map<string, number>();
  #classes: readonly string[] | readonly number[] | undefined;

  constructor({ name = 'model', doc = '', irVersion = 8, opset = 17 }: GraphOptions = {}) {
    if (irVersion < 8 || irVersion > 10) throw new AppError('invalid', `Models are written as IR 8 to 10, not ${irVersion}.`);
    if (opset < 17 || opset > 21) throw new AppError('invalid', `Models are written in opset 17 to 21 of ai.onnx, not ${opset}.`);
    this.#options = { name, doc, irVersion, opset };
  }

  /** An input of one value or of `columns` values a row. */
  input(name: string, type: FlowType, columns = 1): Flow {
    const flow = this.#flow(name, type, [columns]);
    this.#inputs.push(valueInfo(name, flow));
    return flow;
  }

  /** Gives a value of the graph the name under which it is answered. */
  output(name: string, flow: Flow): void {
    const result = this.node('Identity', [flow], [{ ...flow, name }]);
    this.#outputs.push(valueInfo(name, result[0] ?? flow));
  }

  constant(type: FlowType, dims: readonly number[], content: TensorContent): Flow {
    const flow = this.#flow(this.#unused('constant'), type, dims);
    this.#initializers.push({ name: flow.name, type, dims, content });
    return flow;
  }

  /** Adds a node, whose outputs get the names they want, or numbered ones. */
  node(
    operator: string,
    inputs: readonly Flow[],
    outputs: readonly (Omit<Flow, 'name'> & { name?: string })[],
    options: NodeOptions = {},
  ): Flow[] {
    const { domain = '', attributes = {}, doc = '' } = options;
    const flows = outputs.map(({ name, type, dims }) => this.#flow(name ?? this.#unused(operator.toLowerCase()), type, dims));
    this.#nodes.push({
      operator,
      domain,
      name: this.#unused(`${operator}_node`),
      doc,
      inputs: inputs.map(({ name }) => name),
      outputs: flows.map(({ name }) => name),
      attributes: new Map(Object.entries(attributes).filter((entry): entry is [string, Attribute] => entry[1] !== undefined)),
    });
    return flows;
  }

  /** Says what the classes of the model are, for its metadata. */
  classes(classes: readonly string[] | readonly number[]): void {
    this.#classes = classes;
  }

  /** The model, with signature, names of features and classes in its metadata, and what else is given. */
  build(metadata: Readonly<Record<string, string>> = {}): Model {
    const { name, doc, irVersion, opset } = this.#options;
    const described = {
      signature: JSON.stringify({ inputs: this.#inputs.map(portOf), outputs: this.#outputs.map(portOf) }),
      feature_names: JSON.stringify(this.#inputs.map((input) => input.name)),
      ...(this.#classes === undefined ? {} : { classes: JSON.stringify(this.#classes) }),
      ...metadata,
    };
    return {
      irVersion,
      opsets: new Map([
        ['', opset],
        ['ai.onnx.ml', 3],
      ]),
      producerName: 'mlab',
      producerVersion: '',
      domain: '',
      doc,
      metadata: new Map(Object.entries(described).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      graph: {
        name,
        doc: '',
        nodes: this.#nodes,
        inputs: this.#inputs,
        outputs: this.#outputs,
        values: [],
        initializers: this.#initializers,
        sparseInitializers: [],
      },
      functions: [],
      externalData: [],
    };
  }

  #flow(name: string, type: FlowType, dims: readonly number[]): Flow {
    if (name === '' || this.#names.has(name))
      throw new AppError('invalid', `The model has two values called "${name}", or one without a name.`);
    this.#names.add(name);
    return { name, type, dims };
  }

  #unused(stem: string): string {
    let number = (this.#numbers.get(stem) ?? 0) + 1;
    while (this.#names.has(`${stem}_${number}`)) number++;
    this.#numbers.set(stem, number);
    if (stem.endsWith('_node')) this.#names.add(`${stem}_${number}`);
    return `${stem}_${number}`;
  }
}

const ROWS = 'rows';

const valueInfo = (name: string, { type, dims }: Flow): ValueInfo => ({
  name,
  type: { kind: 'tensor', element: type satisfies ElementType, shape: [ROWS, ...dims] },
  doc: '',
});

const portOf = ({ name, type }: ValueInfo): object => (type.kind === 'tensor' ? { name, type: type.element, shape: type.shape } : { name });
