import type { training } from '@mlab/contracts/training';
import type { HandlersOf } from '@mlab/kernel';
import { page, readCursor } from '#/cursor.ts';
import { trialView } from '#/domain/study.ts';
import type { Studies } from './studies.ts';

type Named = 'createStudy' | 'listStudies' | 'getStudy' | 'listTrials' | 'stopStudy' | 'resumeStudy';

export const studyHandlers = (studies: Studies): Pick<HandlersOf<typeof training>, Named> => ({
  createStudy: ({ key, search, ...spec }, call) => studies.create(call, { spec, search, key }),
  listStudies: async ({ state, limit, cursor }, call) => {
    const found = await studies.list(call, { state, below: readCursor(cursor), limit: limit + 1 });
    return page(
      found,
      limit,
      ({ seq }) => seq,
      ({ view }) => view,
    );
  },
  getStudy: ({ id }, call) => studies.get(call, id),
  listTrials: async ({ id, state, limit, cursor }, call) => {
    const found = await studies.trials(call, id, { state, above: readCursor(cursor), limit: limit + 1 });
    return page(found, limit, ({ number }) => number, trialView);
  },
  stopStudy: ({ id }, call) => studies.stop(call, id),
  resumeStudy: ({ id, trials }, call) => studies.resume(call, id, trials),
});
