/**
 * Writes generated/ anew from the TypeBox that is installed: `node packages/schema/generate.ts`, after each change of its version. With
 * --check it only says whether it would be the same.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

const generated = join(import.meta.dirname, 'generated');
const library = dirname(dirname(createRequire(import.meta.url).resolve('typebox')));
const { version } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as { version: string };

const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, 'typebox.ts')],
  absWorkingDir: library,
  bundle: true,
  charset: 'utf8',
  format: 'esm',
  platform: 'node',
  target: 'esnext',
  banner: { js: `// TypeBox ${version} in one file, written by packages/schema/generate.ts. Its licence stands beside it.` },
  write: false,
});
const files = { 'typebox.js': outputFiles[0]?.text ?? '', LICENSE: readFileSync(join(library, 'license'), 'utf8') };

mkdirSync(generated, { recursive: true });
for (const [name, content] of Object.entries(files)) {
  const path = join(generated, name);
  if (existsSync(path) && readFileSync(path, 'utf8') === content) continue;
  process.stdout.write(`packages/schema/generated/${name} is not what TypeBox ${version} makes.\n`);
  if (process.argv.includes('--check')) process.exitCode = 1;
  else writeFileSync(path, content);
}
