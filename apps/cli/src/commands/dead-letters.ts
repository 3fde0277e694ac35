import { readFileSync } from 'node:fs';
import { askService, serviceUrls, type Question } from '../dead-letters/ask-service.ts';
import { CliError, messageOf, usageError } from '../cli-error.ts';
import type { Command, CommandInput } from '../command.ts';
import { homeOf } from '../home.ts';
import { formatTable } from '../table.ts';
import { visibleText } from '../visible-text.ts';

type Flags = CommandInput['flags'];

interface Letter {
  readonly consumer: string;
  readonly id: string;
  readonly type: string;
  readonly key?: string;
  readonly attempts: number;
  readonly error: string;
  readonly failedAt: string;
}

interface Page {
  readonly items: readonly Letter[];
  readonly next?: string;
}

/** What a filter is called on the command line, and in the question. */
const FILTERS = { consumer: 'consumer', type: 'type', key: 'key', after: 'failedAfter', before: 'failedBefore' } as const;

export const command: Command = {
  summary: 'Events that a service could not handle: lists, shows, edits, redrives and deletes them.',
  usage: 'dead-letters [list | show | edit | redrive | purge] [service [consumer id]]',
  details: `  mlab dead-letters                              of all services that run
  mlab dead-letters list monitoring              --consumer, --type, --key, --after, --before (times), --limit, --page
  mlab dead-letters show monitoring <consumer> <id>
  mlab dead-letters edit monitoring <consumer> <id> --data '{"count": 1}'     or --file data.json
  mlab dead-letters redrive monitoring           all that match the filters, or <consumer> <id>: they are handled again
  mlab dead-letters purge monitoring --all       all that match the filters, or <consumer> <id>: they are deleted

  --url URL    The service itself, where the lab does not run under this MLAB_HOME.
  --json       What the service answered, as it is.`,
  options: {
    consumer: { type: 'string' },
    type: { type: 'string' },
    key: { type: 'string' },
    after: { type: 'string' },
    before: { type: 'string' },
    limit: { type: 'string' },
    page: { type: 'string' },
    data: { type: 'string' },
    file: { type: 'string' },
    all: { type: 'boolean' },
    url: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run({ positionals: [action = 'list', service, consumer, id, ...rest], flags }) {
    const question = ask(action, { consumer, id, flags });
    if (rest.length > 0) throw usageError(`mlab dead-letters ${action} takes a service, a consumer and an id, and no more.`);
    if (service === undefined && flags['url'] === undefined) {
      if (action !== 'list') throw usageError(`mlab dead-letters ${action} takes a service, such as monitoring.`);
      return listAll(question, flags);
    }
    const answer = await askService(await urlOf(service, flags), question);
    if (answer === undefined) throw new CliError(`${service ?? String(flags['url'])} keeps no dead letters: it hears no events.`);
    process.stdout.write(flags['json'] || action === 'show' || action === 'edit' ? json(answer) : said(action, answer));
    return 0;
  },
};

function ask(action: string, { consumer, id, flags }: { consumer: string | undefined; id: string | undefined; flags: Flags }): Question {
  const one = consumer !== undefined && id !== undefined ? `/${encodeURIComponent(consumer)}/${encodeURIComponent(id)}` : undefined;
  if (consumer !== undefined && one === undefined)
    throw usageError('A letter is named by its consumer and its id; mlab dead-letters list shows both.');
  const filters = Object.entries(FILTERS).flatMap(([flag, name]) => (flags[flag] === undefined ? [] : [[name, String(flags[flag])]]));
  const asked = Object.fromEntries(filters) as Record<string, string>;
  switch (action) {
    case 'list': {
      const page = [
        ['limit', flags['limit']],
        ['after', flags['page']],
      ].flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
      return {
        method: 'GET',
        path: `?${new URLSearchParams({ ...asked, ...(Object.fromEntries(page) as Record<string, string>) }).toString()}`,
      };
    }
    case 'redrive':
      return one === undefined ? { method: 'POST', path: '/redrive', body: asked } : { method: 'POST', path: `${one}/redrive` };
    case 'purge':
      if (one !== undefined) return { method: 'DELETE', path: one };
      if (filters.length === 0 && !flags['all'])
        throw usageError('mlab dead-letters purge deletes what matches a filter, or all with --all.');
      return { method: 'DELETE', path: `?${new URLSearchParams({ ...asked, ...(flags['all'] ? { all: 'true' } : {}) }).toString()}` };
    case 'show':
    case 'edit':
      if (one === undefined) throw usageError(`mlab dead-letters ${action} takes a service, a consumer and an id.`);
      return action === 'show' ? { method: 'GET', path: one } : { method: 'PUT', path: one, body: { data: readData(flags) } };
    default:
      throw usageError(`mlab dead-letters cannot "${action}"; it can list, show, edit, redrive and purge.`);
  }
}

function readData({ data, file }: Flags): unknown {
  if ((data === undefined) === (file === undefined))
    throw usageError('mlab dead-letters edit takes the new data: --data JSON, or --file FILE.');
  try {
    return JSON.parse(data === undefined ? readFileSync(String(file), 'utf8') : String(data)) as unknown;
  } catch (error) {
    throw usageError(`${data === undefined ? String(file) : '--data'} cannot be read as JSON: ${messageOf(error)}.`);
  }
}

async function urlOf(service: string | undefined, { url }: Flags): Promise<string> {
  if (url !== undefined) {
    if (URL.canParse(String(url))) return String(url);
    throw usageError(`--url is "${String(url)}", which is no URL such as http://127.0.0.1:8014.`);
  }
  const urls = await serviceUrls(homeOf(process.env));
  const found = urls.get(service ?? '');
  if (found === undefined)
    throw new CliError(`${service} does not run here; there ${urls.size === 1 ? 'is' : 'are'} ${[...urls.keys()].join(', ')}.`);
  return found;
}

async function listAll(question: Question, flags: Flags): Promise<number> {
  const answers: Record<string, unknown> = {};
  for (const [name, url] of await serviceUrls(homeOf(process.env))) {
    // PostgreSQL is in the same list, and speaks no HTTP.
    const answer = url.startsWith('http') ? await askService(url, question) : undefined;
    if (answer !== undefined) answers[name] = answer;
  }
  if (flags['json']) process.stdout.write(json(answers));
  else for (const [name, answer] of Object.entries(answers)) process.stdout.write(`${name}: ${said('list', answer)}`);
  return 0;
}

function said(action: string, answer: unknown): string {
  if (action !== 'list')
    return `${(answer as { readonly count: number }).count} ${action === 'redrive' ? 'will be handled again' : 'deleted'}.\n`;
  const { items, next } = answer as Page;
  if (items.length === 0) return 'no dead letters.\n';
  const rows = items.map(({ consumer, id, type, key = '', attempts, failedAt, error }) =>
    [consumer, id, type, key, String(attempts), failedAt, error].map(visibleText),
  );
  const more = next === undefined ? '' : `There are more: --page ${next}\n`;
  return `\n${formatTable([['consumer', 'id', 'type', 'key', 'attempts', 'failed at', 'error'], ...rows])}${more}`;
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
