import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface TestDatabase extends AsyncDisposable {
  /** What the tests are told of it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Nothing of it outlives the tests, so nothing of it has to survive anything. */
const SETTINGS = 'fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n';
const NONE: TestDatabase = { env: {}, [Symbol.asyncDispose]: async () => undefined };

/**
 * One PostgreSQL for all tests of a run; none when there is one already, or when there are no binaries for this machine: then the tests that
 * need one say so, and the others run.
 */
export async function openTestDatabase(env: NodeJS.ProcessEnv): Promise<TestDatabase> {
  if (env['MLAB_TEST_DATABASE_URL']) return NONE;
  const { describeEmbedded, prepareCluster, startEmbedded } = await import('@mlab/sql/embedded');
  if (!describeEmbedded().available) return NONE;
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'mlab-test-postgres-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const { userSettings } = await prepareCluster({ folder });
  appendFileSync(userSettings, SETTINGS);
  const { url } = stack.use(await startEmbedded({ folder }));
  const running = stack.move();
  return { env: { MLAB_TEST_DATABASE_URL: url }, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
