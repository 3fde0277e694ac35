import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from '../command.ts';
import { CliError, usageError } from '../cli-error.ts';
import { repositoryFolder } from '../home.ts';
import { register } from '../new-service/register.ts';
import { filesOf, type Names } from '../new-service/templates.ts';

export const command: Command = {
  summary: 'Writes a new service of the standard shape, with one passing test.',
  usage: 'new service <name> [--port <port>]',
  details: '  mlab new service feature-store --port 8005',
  options: { port: { type: 'string' } },
  async run({ positionals: [kind, name, ...rest], flags }) {
    if (kind !== 'service' || name === undefined || rest.length > 0) throw usageError('Say what is new: mlab new service <name>.');
    const names = namesOf(name, flags['port']);
    const files = filesOf(names);
    const taken = Object.keys(files).find((file) => existsSync(join(repositoryFolder, file)));
    if (taken !== undefined) throw new CliError(`${taken} is already there; choose another name.`);
    for (const [file, content] of Object.entries(files)) {
      const path = join(repositoryFolder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    const changed = register(repositoryFolder, names);
    process.stdout.write(
      [...Object.keys(files).map((file) => `new      ${file}`), ...changed.map((file) => `changed  ${file}`)].join('\n'),
    );
    process.stdout.write(
      `\n\nNext: ./mlab test services/${name}/test/*.test.ts, then ./mlab docs; docs/adding-a-service.md says the rest.\n`,
    );
    return 0;
  },
};

function namesOf(kebab: string, port: string | boolean | undefined): Names {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kebab)) {
    throw usageError(`"${kebab}" is no name for a service; it takes lower-case words joined by dashes, such as feature-store.`);
  }
  const words = kebab.split('-');
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  const camel = words.map((word, i) => (i === 0 ? word : capital(word))).join('');
  return { kebab, camel, title: words.map(capital).join(' '), port: portOf(port) };
}

function portOf(text: string | boolean | undefined): number {
  const folder = join(repositoryFolder, 'contracts', 'src');
  const ports = readdirSync(folder).map((file) => Number(/\n {2}port: (\d+)/.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? 0));
  if (text === undefined) return Math.max(...ports) + 1;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw usageError(`--port is "${String(text)}"; it takes a port from 1 to 65535.`);
  if (ports.includes(port)) throw usageError(`Port ${port} belongs to another service; the taken ones are ${ports.join(', ')}.`);
  return port;
}
