#!/usr/bin/env node
// Plain JavaScript for any Node from 18 on: makes sure of the right Node and of the packages, then runs the program itself.
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureDependencies } from './dependencies.mjs';
import { runMain } from './run-main.mjs';
import { ensureNode } from './runtime.mjs';
import { Refusal, say } from './say.mjs';
import { endWithNpm } from './watch-parent.mjs';

const NEEDS_PACKAGES = new Set(['up', 'start', 'restart', 'logs', 'certs']);
const NEEDS_TOOLS = new Set(['test', 'check', 'bench', 'new', 'docs']);

const root = fileURLToPath(new URL('../../../', import.meta.url));
const main = join(root, 'apps', 'cli', 'src', 'main.ts');
const home = resolve(process.env.MLAB_HOME || join(root, '.mlab'));
const args = process.argv.slice(2);

try {
  process.env.MLAB_HOME = home;
  endWithNpm();
  const node = await ensureNode(home);
  const wantsHelp = args.includes('--help') || args.includes('-h');
  if (!wantsHelp && (NEEDS_PACKAGES.has(args[0]) || NEEDS_TOOLS.has(args[0]))) {
    await ensureDependencies({ root, home, node, dev: NEEDS_TOOLS.has(args[0]) });
  }
  // Compiled code is kept from run to run, which halves the time to start; but only below a folder that is already ours.
  const compiled = existsSync(home) ? join(home, 'compiled') : undefined;
  if (node === process.execPath) {
    if (compiled) nodeModule.enableCompileCache(compiled);
    await import(pathToFileURL(main).href);
  } else {
    process.exitCode = await runMain({ node, main, args, env: { NODE_COMPILE_CACHE: compiled, ...process.env } });
  }
} catch (error) {
  say(error instanceof Refusal ? error.message : `mlab could not prepare its start: ${sentence(error)}`);
  process.exitCode = 1;
}

function sentence(error) {
  if (
    error?.code === 'EACCES' ||
    error?.code === 'EROFS' ||
    error?.code === 'EPERM' ||
    error?.code === 'ENOTDIR' ||
    error?.code === 'EEXIST'
  ) {
    return `${error.path ?? home} cannot be written; make it writable, or set MLAB_HOME to a folder that is.`;
  }
  return error?.message ?? String(error);
}
