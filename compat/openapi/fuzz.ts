/**
 * `mlab test --fuzz [seconds for each] [seed]`: sends what the OpenAPI documents of the services allow, and what they do not, and fails
 * when a service fails. Needs Python and a package index, once; says so where there is none.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@mlab/sql/embedded';
import { startServer, urlOf } from '../../bench/load/server.ts';
import { platformProgram } from '../mlflow/servers.ts';
import { CannotTest, openPythonEnvironment } from '../python-environment.ts';

/** MIT. https://schemathesis.readthedocs.io */
const SCHEMATHESIS = { name: 'schemathesis', requirements: ['schemathesis==4.32.5'] };
const SERVICES = ['tracking', 'registry'];
const [seconds = '60', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);

try {
  process.exitCode = await main(openPythonEnvironment(SCHEMATHESIS).program('schemathesis'));
} catch (error) {
  if (!(error instanceof CannotTest)) throw error;
  console.log(`${error.message} Nothing was sent.`);
}

async function main(program: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'mlab-fuzz-'));
  try {
    await using postgres = await startEmbedded({ folder: join(folder, 'postgres') });
    await using platform = await startServer(platformProgram('platform', SERVICES.join(','), postgres.url, folder));
    let code = 0;
    for (const service of SERVICES) {
      console.log(`\n${service}, ${seconds} s, seed ${seed}`);
      const args = [
        '--max-time',
        seconds,
        '--seed',
        seed,
        '--checks',
        'not_a_server_error',
        '--max-examples',
        '200',
        '--request-timeout',
        '20',
      ];
      const document = `${urlOf(platform, service)}/openapi.json`;
      const { status } = spawnSync(program, ['run', document, ...args, '--generation-database', ':memory:'], {
        stdio: 'inherit',
        cwd: folder,
      });
      code ||= status ?? 1;
    }
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
