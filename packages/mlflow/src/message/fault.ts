import type { AppError } from '@mlab/kernel';
import { invalidParameter } from '#/errors.ts';
import { pythonJson, pythonType } from '#/python.ts';

const SEE = 'See the API docs for more information about request parameters.';

/** A value that is not what its field takes. The readers around it say where it stands while it passes them. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly #input: unknown;
  readonly #hint: string | undefined;
  readonly #missing: boolean;
  #path = '';

  private constructor(input: unknown, { hint, missing = false }: { readonly hint?: string | undefined; readonly missing?: boolean }) {
    super('A value is not what its field takes.');
    this.#input = input;
    this.#hint = hint;
    this.#missing = missing;
  }

  /** Without a hint the value is of the wrong type. */
  static wrong(input: unknown, hint?: string): Fault {
    return new Fault(input, { hint });
  }

  static missing(): Fault {
    return new Fault(undefined, { missing: true });
  }

  within(step: string | number): this {
    const own = typeof step === 'number' ? `[${step}]` : step;
    this.#path = own + (this.#path === '' || this.#path.startsWith('[') ? '' : '.') + this.#path;
    return this;
  }

  /** In MLflow's words, with its two blanks before `Hint`. */
  toError(): AppError {
    const path = this.#path === '' ? 'body' : this.#path;
    if (this.#missing) return invalidParameter(`Missing value for required parameter '${path}'. ${SEE}`);
    const hint = this.#hint ?? `Value was of type '${pythonType(this.#input)}'.`;
    return invalidParameter(`Invalid value ${pythonJson(this.#input)} for parameter '${path}' supplied:  Hint: ${hint} ${SEE}`);
  }
}
