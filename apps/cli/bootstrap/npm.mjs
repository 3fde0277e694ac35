import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, writeSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { Refusal } from './say.mjs';

/** Settings of the npm that started us, meant for that run and not for ours: `npm start -w x`, `npm test --omit=dev`, … */
const NOT_INHERITED =
  /^npm_config_(workspaces?|include_workspace_root|omit|include|only|also|production|dev|optional|global|location|dry_run|package_lock|package_lock_only|prefix|local_prefix|save.*|install_strategy|ignore_scripts|legacy_peer_deps|force)$/i;

/** Runs npm, its output going to `logFile`. Refuses with npm's own reason and where the rest stands when it fails. */
export async function runNpm({ args, cwd, node, logFile, purpose }) {
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'w', 0o600);
  writeSync(log, `npm ${args.join(' ')}\n`);
  const { command, first, shell } = npmCommand(node);
  const child = spawn(command, [...first, ...args], { cwd, env: environment(node), stdio: ['ignore', log, log], shell, windowsHide: true });
  closeSync(log);
  let interrupted = false;
  const forward = (signal) => {
    interrupted = true;
    child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  try {
    const ending = await new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) =>
        resolve(code === 0 ? undefined : signal ? `it was ended by ${signal}` : reasonIn(logFile, code)),
      );
    });
    if (interrupted) throw new Refusal(`${purpose} was interrupted; the next start does it again.`);
    if (ending !== undefined) {
      throw new Refusal(
        `${purpose} failed: npm says "${ending}". Check the network connection (or the proxy and registry settings of npm) and run the same command again; all that npm said is in ${logFile}`,
      );
    }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, forward);
  }
}

/** npm's last lines speak of its log files; the lines before them say what went wrong. */
function reasonIn(logFile, code) {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const errors = lines
    .map((line) => line.match(/^npm (?:ERR!|error)\s+(.*)$/)?.[1] ?? '')
    .filter((line) => line !== '' && !/^(code|errno|syscall|A complete log|type|This is a problem related to network)/.test(line));
  return errors[0]?.trim() ?? `it ended with code ${code}`;
}

function environment(node) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !NOT_INHERITED.test(key)));
  const pathKey = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...env, [pathKey]: [dirname(node), env[pathKey]].filter(Boolean).join(delimiter) };
}

/** npm's program file run by the Node of our choice; npm's own launcher would take whichever Node it was installed with. */
function npmCommand(node) {
  const file = npmFiles().find((candidate) => existsSync(candidate));
  if (file) return { command: node, first: [realpathSync(file)], shell: false };
  if (!onPath('npm').some((candidate) => existsSync(candidate)) && !onPath('npm.cmd').some((candidate) => existsSync(candidate))) {
    throw new Refusal(
      'npm was not found: install npm (it comes with Node from nodejs.org or from your system) and run the same command again.',
    );
  }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', first: [], shell: process.platform === 'win32' };
}

function* candidates() {
  const starter = process.env.npm_execpath;
  if (starter && basename(starter) === 'npm-cli.js') yield starter;
  for (const candidate of onPath('npm')) {
    if (!existsSync(candidate)) continue;
    const real = realpathSync(candidate);
    if (basename(real) === 'npm-cli.js') yield real;
    yield join(dirname(candidate), 'node_modules', 'npm', 'bin', 'npm-cli.js');
  }
  const home = dirname(realpathSync(process.execPath));
  yield join(home, 'node_modules', 'npm', 'bin', 'npm-cli.js');
  yield join(home, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
}

const npmFiles = () => [...candidates()];

const onPath = (name) =>
  (process.env.PATH ?? process.env.Path ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name));
