import { AppError } from '@mlab/kernel/errors';
import type { Attribute, Node, Tensor } from '#/model/model.ts';
import { valuesOf } from '#/model/tensor-values.ts';

/** Reads the attributes of a node by name and kind. What has another kind than onnx says is refused as `invalid`. */
export class Attributes {
  readonly #node: Node;

  constructor(node: Node) {
    this.#node = node;
  }

  has(name: string): boolean {
    return this.#node.attributes.has(name);
  }

  float(name: string): number | undefined {
    return this.#get('float', name)?.value;
  }

  int(name: string): number | undefined {
    const value = this.#get('int', name)?.value;
    return value === undefined ? undefined : this.#exact(name, value);
  }

  string(name: string): string | undefined {
    return this.#get('string', name)?.value;
  }

  floats(name: string): Float32Array {
    return this.#get('floats', name)?.value ?? new Float32Array(0);
  }

  strings(name: string): readonly string[] {
    return this.#get('strings', name)?.value ?? [];
  }

  ints(name: string): Float64Array {
    const values = this.#get('ints', name)?.value ?? new BigInt64Array(0);
    const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
    const numbers = new Float64Array(values.length);
    for (let index = 0; index < numbers.length; index++) {
      const high = words[index * 2 + 1] ?? 0;
      numbers[index] = high * 4294967296 + ((words[index * 2] ?? 0) >>> 0);
      if (high < -2097152 || high > 2097151) this.#exact(name, values[index] ?? 0n);
    }
    return numbers;
  }

  tensor(name: string): Tensor | undefined {
    return this.#get('tensor', name)?.value;
  }

  /** The values of a tensor of floats or doubles; of none, `undefined`. */
  numbers(name: string): Float32Array | Float64Array | undefined {
    const tensor = this.tensor(name);
    const values = tensor === undefined ? undefined : valuesOf(tensor);
    if (values === undefined || values instanceof Float32Array || values instanceof Float64Array) return values;
    throw this.refusal(`${name} is a tensor of ${tensor?.type}, and has to be one of float or double`);
  }

  refusal(why: string): AppError {
    const { operator, name } = this.#node;
    return new AppError('invalid', `The model's ${operator}${name === '' ? '' : ` ${name}`} cannot be used: ${why}.`);
  }

  #get<K extends Attribute['kind']>(kind: K, name: string): Extract<Attribute, { kind: K }> | undefined {
    const attribute = this.#node.attributes.get(name);
    if (attribute === undefined || attribute.kind === kind) return attribute as Extract<Attribute, { kind: K }> | undefined;
    // An empty list says nothing of what it is a list of.
    if (attribute.kind === 'other') return undefined;
    throw this.refusal(`its attribute ${name} is of kind ${attribute.kind}, and has to be of kind ${kind}`);
  }

  #exact(name: string, value: bigint): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw this.refusal(`its attribute ${name} has ${value}, which no number can hold exactly`);
    return number;
  }
}
