/**
 * `mlab test --fuzz [seconds for each] [seed]`: sends what the OpenAPI documents of the services allow, and what they do not, and fails
 * when a service fails. Needs Python and a package index, once; says so where there is none.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@mlab/sql/embedded';
import { homeOf } from '../../apps/cli/src/home.ts';
import { startServer, urlOf } from '../../bench/load/server.ts';
import { CannotTest, findPython } from '../mlflow/python.ts';
import { platformProgram } from '../mlflow/servers.ts';

/** MIT. https://schemathesis.readthedocs.io */
const SCHEMATHESIS = '4.32.5';
const SERVICES = ['tracking', 'registry'];
const [seconds = '60', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);

try {
  process.exitCode = await main(openSchemathesis());
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

/** The program, in an environment of its own that is kept below MLAB_HOME. */
function openSchemathesis(): string {
  const python = findPython(process.env);
  const folder = join(homeOf(process.env).folder, 'compat', `schemathesis-${SCHEMATHESIS}-python${python.version}`);
  const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  const program = join(bin, 'schemathesis');
  if (existsSync(program)) return program;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = spawnSync(python.program, ['-m', 'venv', folder], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`The environment cannot be made:\n${made.stderr}`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '2', `schemathesis==${SCHEMATHESIS}`];
  const { status } = spawnSync(join(bin, 'python'), pip, { encoding: 'utf8' });
  if (status !== 0) throw new CannotTest('schemathesis cannot be installed: no Python package index can be reached.');
  return program;
}
