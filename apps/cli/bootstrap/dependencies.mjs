import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './npm.mjs';
import { Refusal, say } from './say.mjs';
import { withLock } from './wait-for-lock.mjs';

/** Makes sure that node_modules holds what package-lock.json says; `dev` adds the tools for tests and checks. */
export async function ensureDependencies({ root, home, node, dev }) {
  if (missingPackages(root, dev).length === 0) return;
  // The lock stands beside node_modules, wherever MLAB_HOME is: two homes may share one repository.
  await withLock(join(root, '.mlab', 'install.lock'), () => install({ root, home, node, dev }));
}

async function install({ root, home, node, dev }) {
  const missing = missingPackages(root, dev);
  if (missing.length === 0) return;
  say(
    `Installing ${missing.length} ${missing.length === 1 ? 'package' : 'packages'}${dev ? ' (with the tools for tests and checks)' : ''} …`,
  );
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  // Tools that are there stay there: else npm start and npm test would take turns in throwing out and bringing in.
  const withTools = dev || Object.values(present ?? {}).some((entry) => entry.dev);
  const run = (command, ...flags) =>
    runNpm({
      args: [
        command,
        ...flags,
        withTools ? '--include=dev' : '--omit=dev',
        '--ignore-scripts',
        '--prefer-offline',
        '--no-audit',
        '--no-fund',
      ],
      cwd: root,
      node,
      logFile: join(home, 'logs', 'install-packages.log'),
      purpose: 'Installing the packages',
    });
  // What an earlier installation has completed is added to, since a running lab stands on it; npm ci would throw it out first.
  if (present) await run('install', '--no-save');
  const wanted = packagesOf(join(root, 'package-lock.json'));
  if (!present || missingPackages(root, dev).some((path) => !wanted[path].optional)) await run('ci');
  const left = missingPackages(root, dev).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  if (left.length > 0) say(`npm did not install ${left.join(', ')}; what needs it will say so.`);
}

/**
 * What package-lock.json asks for and node_modules lacks. npm records what it has put there in node_modules/.package-lock.json, as the
 * last thing it does; so an interrupted installation, another version and another platform's files all show.
 */
export function missingPackages(root, dev) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  if (!wanted) throw new Refusal(`${join(root, 'package-lock.json')} cannot be read; restore it (git checkout package-lock.json).`);
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json')) ?? {};
  return Object.entries(wanted)
    .filter(([path, entry]) => path.includes('node_modules/') && isNeeded(entry, dev) && !isPresent(root, path, entry, present[path]))
    .map(([path]) => path);
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** An optional package is needed where it names this platform; one that names none serves another optional one, and npm decides. */
function isNeeded(entry, dev) {
  if (entry.dev && !dev) return false;
  if (!entry.optional) return true;
  if (!entry.os && !entry.cpu) return false;
  return matches(entry.os, process.platform) && matches(entry.cpu, process.arch) && (!entry.libc || matches(entry.libc, libc()));
}

function isPresent(root, path, entry, found) {
  if (!found || found.version !== entry.version || found.integrity !== entry.integrity || Boolean(found.link) !== Boolean(entry.link))
    return false;
  return existsSync(join(root, path, 'package.json'));
}

function matches(allowed, value) {
  if (!allowed) return true;
  if (allowed.includes(`!${value}`)) return false;
  return allowed.every((name) => name.startsWith('!')) || allowed.includes(value);
}

let knownLibc;
function libc() {
  if (process.platform !== 'linux') return 'none';
  return (knownLibc ??= readFileSync('/proc/self/maps', 'latin1').includes('ld-musl') ? 'musl' : 'glibc');
}
