import type { predictor } from '@mlab/contracts/predictor';
import { alreadyWritten, type Beside, type CallMeta, type HandlersOf } from '@mlab/kernel';
import { predictRows } from '#/model-handlers.ts';
import type { AnsweringModel } from '#/models/answering-model.ts';
import { refOf } from '#/models/ref-of.ts';
import type { Serving } from '#/open-serving.ts';

type PredictRows = HandlersOf<typeof predictor>['predictRows'];
type Asked = Parameters<PredictRows>[0];
type Deps = Pick<Serving, 'models' | 'large'>;

/** Bodies of rows that are too large to be read where all others are. */
export const besideRows = ({ models, large }: Deps): Beside => ({
  fromBytes: large.fromBytes,
  answer: (request, call) => large.rows(request, (ref) => models.open(ref, call), call),
});

/** Rows that were read; beside, where what the model says of them is much. Only HTTP takes an answer that is written. */
export function predictRowsOverHttp(deps: Deps): PredictRows {
  const { models, large } = deps;
  const answer = (model: AnsweringModel, asked: Asked, call: CallMeta): ReturnType<PredictRows> => {
    const again = () => writtenBeside(deps, asked, call);
    if (large.isMuch(model, asked.rows.length)) return again();
    const answering = predictRows(model, asked.rows, call);
    if (!(answering instanceof Promise)) return answering;
    return answering.catch((error: unknown) => {
      if (large.wasMuch(model, error)) return again();
      throw error;
    });
  };
  return (asked, call) => {
    const ref = refOf(asked);
    const standing = models.standing(ref);
    return standing === undefined ? models.open(ref, call).then((model) => answer(model, asked, call)) : answer(standing, asked, call);
  };
}

/** What was read is small: to write it down once more costs less than what is avoided. */
async function writtenBeside({ models, large }: Deps, { name, ...asked }: Asked, call: CallMeta) {
  const request = { params: { name }, contentType: 'application/json', body: Buffer.from(JSON.stringify(asked)) };
  return alreadyWritten(await large.rows(request, (ref) => models.open(ref, call), call));
}
