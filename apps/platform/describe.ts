import { eventsSettings } from '@mlab/events';
import { jobsSettings } from '@mlab/jobs';
import {
  callsOf,
  httpSettings,
  identitySettings,
  settingsOf,
  type AnyEventType,
  type AnyService,
  type Contract,
  type Setting,
} from '@mlab/kernel';
import { objectsSettings } from '@mlab/objects';
import { logSettings } from './log-settings.ts';

type Services = Readonly<Record<string, AnyService>>;

/**
 * What the declarations say of the system, as Markdown: nothing is run for it, so it cannot be out of date except by not
 * being written. `mlab docs` writes it, and a test compares.
 */
export function describeGraph(services: Services): string {
  const contracts = Object.values(services).map((service) => service.contract as Contract);
  const rows = contracts.map(({ port, name, label, description }) => `| ${port} | \`${name}\` | ${label} | ${description} |`);
  const edges = Object.values(services).flatMap((service) =>
    callsOf(service).map((needed) => `  ${service.contract.name as string} --> ${needed.name}`),
  );
  const facts = Object.values(services).flatMap((service) =>
    heard(service).map((fact) => ({ ...fact, to: service.contract.name as string })),
  );
  const nodes = contracts.map(({ name, label, port }) => `  ${name}["${label}<br/>${name} :${port}"]`);
  const operations = contracts.flatMap(({ name, operations: all }) =>
    Object.entries(all).map(
      ([key, { method, path, summary, safe }]) => `| \`${name}.${key}\` | \`${method} ${path}\` | ${summary} | ${safe ? 'yes' : 'no'} |`,
    ),
  );
  return [
    '```mermaid',
    'graph LR',
    ...nodes,
    ...edges,
    ...facts.map(({ event, from, to, everywhere }) => `  ${from} -. ${event.type}${everywhere ? ' *' : ''} .-> ${to}`),
    '```',
    '',
    '| port | service | also called | what it does |',
    '|---|---|---|---|',
    ...rows,
    '',
    '| operation | route | what it does | safe to repeat |',
    '|---|---|---|---|',
    ...operations,
    '',
    '| over gRPC | port | what it does | safe to repeat |',
    '|---|---|---|---|',
    ...contracts.flatMap(({ grpc }) =>
      Object.entries(grpc?.services ?? {}).flatMap(([service, methods]) =>
        Object.entries(methods).map(
          ([name, { summary, safe }]) => `| \`${service}/${name}\` | ${grpc?.port ?? ''} | ${summary} | ${safe ? 'yes' : 'no'} |`,
        ),
      ),
    ),
    '',
    '| event | what it tells | who listens |',
    '|---|---|---|',
    ...contracts.flatMap(({ events = {} }) =>
      Object.values(events).map(({ type, summary }) => {
        const listeners = facts
          .filter(({ event }) => event.type === type)
          .map(({ to, everywhere }) => (everywhere ? `each instance of \`${to}\`` : `\`${to}\``));
        return `| \`${type}\` | ${summary} | ${listeners.join(', ') || 'nobody yet'} |`;
      }),
    ),
  ].join('\n');
}

interface Heard {
  readonly event: AnyEventType;
  readonly from: string;
  /** By each instance as it happens, and not by one of them for all. */
  readonly everywhere: boolean;
}

/** The events that a service hears, each with who tells it. */
function heard({ consumes, hears }: AnyService): readonly Heard[] {
  const of = (table: Readonly<Record<string, AnyEventType>> | undefined, everywhere: boolean): readonly Heard[] =>
    Object.values(table ?? {}).map((event) => ({ event, from: event.type.split('.')[0] ?? '', everywhere }));
  return [...of(consumes, false), ...of(hears, true)];
}

/** Every setting of every service: the variable, what it takes, its default, what it is for. */
export function describeSettings(services: Services): string {
  const sections = Object.entries(services)
    .map(([name, service]) => ({ title: service.contract.label as string, settings: settingsOf(name, service.config) }))
    .filter(({ settings }) => settings.length > 0);
  return [
    { title: 'Every process: the log', settings: settingsOf('log', logSettings) },
    { title: 'Every service: HTTP', settings: settingsOf('http', httpSettings) },
    { title: 'Events, where a service declares them', settings: settingsOf('events', eventsSettings) },
    { title: 'Jobs, where a service declares them', settings: settingsOf('jobs', jobsSettings) },
    { title: 'Files, where a service declares them', settings: settingsOf('objects', objectsSettings) },
    { title: 'Every process: identity', settings: settingsOf('identity', identitySettings) },
    ...sections,
  ]
    .map(({ title, settings }) => `## ${title}\n\n${table(settings)}`)
    .join('\n\n');
}

function table(settings: readonly Setting[]): string {
  const rows = settings.map(
    ({ variable, takes, default: value, description }) =>
      `| \`${variable}\` | ${takes.replaceAll('|', '\\|')} | ${shown(value)} | ${description} |`,
  );
  return ['| variable | takes | default | what it is for |', '|---|---|---|---|', ...rows].join('\n');
}

const shown = (value: unknown): string => (value === '' ? '(empty)' : `\`${String(value)}\``);
