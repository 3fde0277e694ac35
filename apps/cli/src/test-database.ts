import { appendFileSync, rmSync } from 'node:fs';

interface TestDatabase extends AsyncDisposable {
  /** What the tests are told of it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Nothing of it outlives the tests, so nothing of it has to survive anything; and nobody guesses passwords of hundreds of random bits. */
const SETTINGS = 'fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nscram_iterations = 1\n';
const NONE: TestDatabase = { env: {}, [Symbol.asyncDispose]: async () => undefined };

/**
 * One PostgreSQL for all tests of a run; none when there is one already, or when there are no binaries for this machine: then the tests that
 * need one say so, and the others run.
 */
export async function openTestDatabase(env: NodeJS.ProcessEnv): Promise<TestDatabase> {
  if (env['MLAB_TEST_DATABASE_URL']) return NONE;
  const { claimFolder, describeEmbedded, prepareCluster, startEmbedded } = await import('@mlab/sql/embedded');
  if (!describeEmbedded().available) return NONE;
  const { folderForTests } = await import('@mlab/sql/testing');
  await using stack = new AsyncDisposableStack();
  const folder = await claimFolder(folderForTests(), 'mlab-test-postgres-', 0o700);
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const { userSettings } = await prepareCluster({ folder });
  appendFileSync(userSettings, SETTINGS);
  const { url } = stack.use(await startEmbedded({ folder }));
  const running = stack.move();
  return { env: { MLAB_TEST_DATABASE_URL: url }, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
