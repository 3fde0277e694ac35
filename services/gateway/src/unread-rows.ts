import { alreadyWritten, type Beside, type CallMeta, type WholeAnswer } from '@mlab/kernel';
import type { RowPredictions } from '@mlab/contracts/predictor-models';
import { askModel } from '#/domain/models/ask-model.ts';
import { rowsText } from '#/domain/models/rows.ts';
import { tensorsText } from '#/domain/models/tensors.ts';
import { endedUnread } from '#/domain/models/unread-rows.ts';
import type { HandlerDeps } from '#/handlers.ts';
import { readTensors } from '#/protocols/open-inference/read-tensors.ts';
import type { AskServiceB } from '#/service-b/ask-service-b.ts';
import { textsOf } from '#/service-b/hand-on.ts';
import type { UnreadRows } from '#/service-b/service-b.ts';

/** From so many bytes on rows are handed on as they came. */
const FROM_BYTES = 262_144;
/** More rows than this may have an answer that takes long to be read, and is handed on as it comes. */
const MOST_ROWS = 256;

type Deps = Omit<HandlerDeps, 'serviceB'> & { readonly predictUnread: NonNullable<AskServiceB['predictUnread']> };
type Asked = Parameters<AskServiceB['predictRows']>[0];

/** Large bodies of rows are for Service B to read; the log has what they are. */
export const unreadRows = (deps: Deps): Beside => ({
  fromBytes: FROM_BYTES,
  answer: async ({ params, headers: came, body }, call) => {
    const headers = textsOf(came);
    const text = tensorsText(await readTensors(headers, body, 0), 'inputs');
    return relayed(deps, { text, version: undefined }, { name: params['name'] ?? '', headers, body }, call);
  },
});

/** Rows that were read, and whose answer may be large. */
export async function manyRows(deps: Deps, { name, ...asked }: Asked, call: CallMeta): Promise<RowPredictions> {
  const question = { text: rowsText(asked, deps.maxText), version: asked.version === undefined ? undefined : String(asked.version) };
  const headers = { 'content-type': 'application/json' };
  return alreadyWritten(await relayed(deps, question, { name, headers, body: Buffer.from(JSON.stringify(asked)) }, call));
}

export const areMany = ({ rows }: Asked): boolean => rows.length > MOST_ROWS;

const relayed = (
  deps: Deps,
  question: { readonly text: string; readonly version: string | undefined },
  rows: UnreadRows,
  call: CallMeta,
): Promise<WholeAnswer> =>
  askModel(deps, { ...question, model: rows.name }, call, {
    ask: () => deps.predictUnread(rows, call),
    ended: (answer, latencyMs) => endedUnread(answer, { model: rows.name, limit: deps.maxText }, latencyMs),
  });
