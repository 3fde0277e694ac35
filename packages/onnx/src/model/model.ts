import type { PreparedTrees } from '#/compile/trees/prepared-trees.ts';
import type { ElementType } from '#/model/element-type.ts';

/** An ONNX model as the project reads and writes it: onnx.proto without what only training and devices need. */
export interface Model {
  readonly irVersion: number;
  /** Version of each operator domain; the domain of ai.onnx is written ''. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly doc: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: Graph;
  /** Functions of the model's own, as domain:name. What they do is not read. */
  readonly functions: readonly string[];
  /** Names of other files that have values of its tensors. None is ever opened. */
  readonly externalData: readonly string[];
}

export interface Graph {
  readonly name: string;
  readonly doc: string;
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** What is known of the types of values between. */
  readonly values: readonly ValueInfo[];
  readonly initializers: readonly Tensor[];
  /** Names of initializers that are kept sparse. */
  readonly sparseInitializers: readonly string[];
}

export interface Node {
  readonly operator: string;
  /** '' is ai.onnx. */
  readonly domain: string;
  readonly name: string;
  readonly doc: string;
  /** '' stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Its trees, where they were read before it is compiled; then its attributes have gone. */
  readonly prepared?: PreparedTrees;
}

export type Attribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'floats'; readonly value: Float32Array }
  | { readonly kind: 'ints'; readonly value: BigInt64Array }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensors'; readonly value: readonly Tensor[] }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  /** Sparse tensors, types, and references to a function's attributes: there, and not read. */
  | { readonly kind: 'other'; readonly value: undefined };

export interface ValueInfo {
  readonly name: string;
  readonly type: ValueType;
  readonly doc: string;
}

/** A number, the name of an unknown one, or nothing known at all. */
export type Dimension = number | string | undefined;

export type ValueType =
  | { readonly kind: 'tensor'; readonly element: ElementType; readonly shape: readonly Dimension[] | undefined }
  | { readonly kind: 'sequence'; readonly of: ValueType }
  | { readonly kind: 'map'; readonly key: ElementType; readonly of: ValueType }
  | { readonly kind: 'optional'; readonly of: ValueType }
  | { readonly kind: 'other' };

export interface Tensor {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly content: TensorContent;
}

/** The values of a tensor in the field of onnx.proto that has them; `valuesOf` makes one form of all. */
export type TensorContent =
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }
  | { readonly kind: 'floats'; readonly values: Float32Array }
  | { readonly kind: 'doubles'; readonly values: Float64Array }
  /** Also those of all smaller integers and of bool. */
  | { readonly kind: 'int32s'; readonly values: Int32Array }
  | { readonly kind: 'int64s'; readonly values: BigInt64Array }
  | { readonly kind: 'uint64s'; readonly values: BigUint64Array }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  /** In another file, which is never opened. */
  | { readonly kind: 'external'; readonly location: string };
