import { isIPv6 } from 'node:net';
import type { Command, CommandInput } from '../command.ts';
import { usageError } from '../cli-error.ts';
import { certificateFiles, certificatesFolder, identityVariables } from '../certs/certificate-files.ts';
import { day } from '../certs/day.ts';
import type { CertifiedProcess, Made } from '../certs/make-certificates.ts';
import { homeOf, openHome } from '../home.ts';
import { formatTable } from '../table.ts';
import { knownServices } from '../topology/known-services.ts';
import { DEFAULT_TOPOLOGY, readTopology } from '../topology/read-topology.ts';

export const command: Command = {
  summary: 'Makes certificates by which the processes of the lab prove to each other who they are, and says what to set.',
  usage: 'certs [process or service…] [--host <name>[,<name>]] [--topology <file>] [--force]',
  details: `  -t, --topology   Which processes there are (default: MLAB_TOPOLOGY, else default); each service gets a certificate of its own too.
      --host       Further names or addresses under which they are reached, such as the name of this machine.
      --force      Renews also what is good for long.

Below MLAB_HOME/certs: an authority for development, good for ten years and never written over, and for each process a certificate for 90
days. Run it again to renew what ends within 30 days; processes that run notice it by themselves.`,
  options: {
    topology: { type: 'string', short: 't' },
    host: { type: 'string' },
    force: { type: 'boolean' },
  },
  async run({ positionals, flags }) {
    const home = homeOf(process.env);
    const folder = certificatesFolder(home);
    const processes = chosen(positionals, flags);
    openHome(home);
    const { makeCertificates } = await import('../certs/make-certificates.ts');
    const made = await makeCertificates({
      folder,
      processes,
      hosts: hostsOf(flags['host']),
      force: flags['force'] === true,
      now: new Date(),
    });
    process.stdout.write(report(folder, made));
    return 0;
  },
};

function chosen(names: readonly string[], flags: CommandInput['flags']): readonly CertifiedProcess[] {
  const { processes } = readTopology(String(flags['topology'] ?? (process.env['MLAB_TOPOLOGY'] || DEFAULT_TOPOLOGY)));
  const alone = knownServices().map(({ name }) => ({ name, services: [name] }));
  const all = [...processes, ...alone.filter(({ name }) => !processes.some((one) => one.name === name))];
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined)
    throw usageError(`There is no process or service "${unknown}"; there are ${all.map(({ name }) => name).join(', ')}.`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

function hostsOf(text: string | boolean | undefined): readonly string[] {
  const hosts = typeof text === 'string' ? text.split(',').filter((host) => host !== '') : [];
  const odd = hosts.find((host) => !isIPv6(host) && !/^[a-z0-9]([a-z0-9_.-]{0,251}[a-z0-9])?$/i.test(host));
  if (odd !== undefined) throw usageError(`--host has "${odd}", which is neither a name nor an address.`);
  return hosts.map((host) => host.toLowerCase());
}

function report(folder: string, made: readonly Made[]): string {
  const rows = made.map(({ name, what, until, services }) => [what, `${name}.crt`, `until ${day(until)}`, services.join(', ')]);
  const variables = Object.entries(identityVariables(certificateFiles(folder, '<process>'))).map(([name, value]) => `  ${name}=${value}`);
  return `${folder}
${formatTable(rows)}
For each process set:
${variables.join('\n')}
and MLAB_IDENTITY_REQUIRE=true where nobody without a certificate may connect.
`;
}
