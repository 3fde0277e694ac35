import type { Question, WorkerSettings } from '#/scorer/ort-types.ts';

/* Runs in a process of its own: a fault of the native library ends nothing else. It ends with the process that has begun it. */

process.on('disconnect', () => process.exit());
process.once('message', (settings: WorkerSettings) => {
  void (async () => {
    const { openSession } = await import('#/scorer/ort-session.ts');
    const ask = await openSession(settings, (answer) => process.send?.(answer));
    process.on('message', (question: Question) => ask(question));
  })();
});
