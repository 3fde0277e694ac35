import type { Outcome } from '#/domain/input-log/entry.ts';
import { decodeCursor } from '#/domain/input-log/cursor.ts';
import { firstIdAt } from '#/domain/input-log/input-id.ts';
import { readTime } from '#/domain/input-log/time-range.ts';

export interface InputFilter {
  /** Only this id and later ones. */
  readonly fromId: string | undefined;
  /** Only earlier ids than all of these. */
  readonly beforeIds: readonly string[];
  /** Part of the input, without regard to case. */
  readonly text: string | undefined;
  readonly class: string | undefined;
  readonly model: string | undefined;
  readonly modelVersion: string | undefined;
  readonly status: number | undefined;
  readonly outcome: Outcome | undefined;
}

export interface InputQuery {
  readonly from?: string;
  readonly to?: string;
  readonly text?: string;
  readonly class?: string;
  readonly model?: string;
  readonly version?: string;
  readonly status?: string;
  readonly cursor?: string;
}

export function readFilter({ from, to, text, class: name, model, version, status, cursor }: InputQuery): InputFilter {
  const isNumber = status !== undefined && /^\d+$/.test(status);
  return {
    fromId: from === undefined ? undefined : firstIdAt(readTime('from', from)),
    beforeIds: [...(to === undefined ? [] : [firstIdAt(readTime('to', to))]), ...(cursor === undefined ? [] : [decodeCursor(cursor)])],
    text,
    class: name,
    model,
    modelVersion: version,
    status: isNumber ? Number(status) : undefined,
    outcome: isNumber ? undefined : (status as Outcome | undefined),
  };
}
