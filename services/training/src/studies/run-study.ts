import type { JobRun } from '@mlab/kernel';
export const openStudyJob =
  (_options: object) =>
  (_input: { readonly study: string }, _run: JobRun): Promise<object> =>
    Promise.reject(new Error('not yet'));
