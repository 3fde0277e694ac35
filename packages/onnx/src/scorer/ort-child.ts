import type { Answer, Question, WorkerSettings } from '#/scorer/ort-types.ts';

/* Runs in a process of its own: a fault of the native library ends nothing else. It ends with the process that has begun it. */

process.on('disconnect', () => process.exit());
process.once('message', (settings: WorkerSettings) => {
  const answer = (said: Answer): void => void process.send?.(said);
  import('#/scorer/ort-session.ts')
    .then(({ openSession }) => openSession(settings, answer))
    .then((ask) => process.on('message', (question: Question) => ask(question)))
    // Where the library is not installed, for instance.
    .catch((error: unknown) => answer({ failed: String(error) }));
});
