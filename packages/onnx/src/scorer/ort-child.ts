import type { Answer, Question, WorkerSettings } from '#/scorer/ort-types.ts';

/* Runs in a process of its own: a fault of the native library ends nothing else. It ends with the process that has begun it. */

process.on('disconnect', () => process.exit());
process.once('message', (settings: WorkerSettings) => {
  const answer = (said: Answer): void =>
    // Linux tells it to whoever asks, also within a run.
    void process.send?.(process.platform === 'linux' ? said : { ...said, residentBytes: process.memoryUsage.rss() });
  import('#/scorer/ort-session.ts')
    .then(({ openSession }) => openSession(settings, answer))
    .then((ask) => process.on('message', (question: Question) => ask(question)))
    // Where the library is not installed, for instance.
    .catch((error: unknown) => answer({ failed: String(error) }));
});
