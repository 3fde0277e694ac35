import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './npm.mjs';
import { Refusal, say } from './say.mjs';
import { withLock } from './wait-for-lock.mjs';

const MAJOR = 24;
const MINOR = 14;

/** From 24.14 on Node runs TypeScript files without a flag and without a warning. */
function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > MAJOR || (major === MAJOR && minor >= MINOR);
}

/** The Node that runs everything: the one that runs this if it is new enough, else one kept below MLAB_HOME, brought in once. */
export async function ensureNode(home) {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const name = platformPackage();
  const folder = join(home, 'runtime', name);
  const node = installedNode(folder, name);
  return node ?? withLock(join(home, 'runtime', 'install.lock'), () => installedNode(folder, name) ?? install(folder, name, home));
}

/** The names under which npm's `node` package publishes the programs themselves. */
function platformPackage() {
  const { platform, arch } = process;
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${platform === 'win32' ? 'win' : platform}-${platform === 'win32' && arch === 'ia32' ? 'x86' : arch}`;
}

function installedNode(folder, name) {
  const installed = join(folder, 'node_modules', name);
  try {
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const node = join(installed, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return isNewEnough(version) && existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

/** npm's `node` package would fetch the program in an install script; those are off here, so the program's own package is taken. */
async function install(folder, name, home) {
  say(`Bringing in Node ${MAJOR} (once, ~45 MB; this machine's is ${process.versions.node}) …`);
  removeUnfinished(home);
  const unfinished = `${folder}.${process.pid}.unfinished`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await runNpm({
      args: [
        'install',
        '--prefix',
        unfinished,
        '--ignore-scripts',
        '--no-save',
        '--no-package-lock',
        '--no-audit',
        '--no-fund',
        `${name}@^${MAJOR}.${MINOR}.0`,
      ],
      cwd: unfinished,
      node: process.execPath,
      logFile: join(home, 'logs', 'install-node.log'),
      purpose: `Bringing in Node ${MAJOR}`,
    });
    const brought = installedNode(unfinished, name);
    // A program for another C library is there, but does not run (Alpine Linux).
    if (!brought || spawnSync(brought, ['--version']).status !== 0) {
      throw new Refusal(
        `The Node ${MAJOR} that npm offers (${name}) does not run here; install Node ${MAJOR} by the means of your system and run the same command again.`,
      );
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return installedNode(folder, name);
}

/** What an interrupted start left behind. Only the holder of the lock comes here, so nobody is still writing there. */
function removeUnfinished(home) {
  const runtime = join(home, 'runtime');
  for (const entry of readdirSync(runtime)) {
    if (entry.endsWith('.unfinished')) rmSync(join(runtime, entry), { recursive: true, force: true });
  }
}
