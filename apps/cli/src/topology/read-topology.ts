import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, messageOf, usageError } from '../cli-error.ts';
import { repositoryFolder } from '../home.ts';
import { jsonPosition } from './json-position.ts';
import { knownServices } from './known-services.ts';
import { parseTopology } from './parse-topology.ts';
import type { Topology } from './topology.ts';

export const DEFAULT_TOPOLOGY = 'default';
const FOLDER = join(repositoryFolder, 'topologies');

/** A topology by the name under which it comes with the lab, or by the path of a file. */
export function readTopology(nameOrPath: string): Topology {
  const isPath = /[/\\]|\.json$/.test(nameOrPath);
  const file = isPath ? nameOrPath : join(FOLDER, `${nameOrPath}.json`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!isPath) throw usageError(`There is no topology "${nameOrPath}"; there are ${names().join(', ')}, and any path of a JSON file.`);
    throw usageError(`The topology ${file} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
  return parseTopology(parseJson(text, file), isPath ? file : `topologies/${nameOrPath}.json`, knownServices());
}

const names = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => /^[^.]+\.json$/.test(file))
    .map((file) => file.slice(0, -'.json'.length));

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = messageOf(error).replace(/( in JSON at position| at position| \(line|, (\.\.\.)?").*/s, '');
    throw new CliError(`${file} is not JSON (${jsonPosition(text, error)}): ${what}.`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EISDIR' ? 'it is a folder' : messageOf(error);
}
