import { styleText } from 'node:util';
import { formatBytes, formatDuration } from './format.ts';
import { sumOf } from './supervisor/memory.ts';
import type { Memory, ProcessState, ProcessStatus, ServiceStatus, SupervisorStatus } from './supervisor/process-status.ts';
import { formatTable } from './table.ts';

const COLOURS: Readonly<Record<ProcessState, 'green' | 'yellow' | 'red' | 'gray'>> = {
  ready: 'green',
  starting: 'yellow',
  stopping: 'yellow',
  crashed: 'red',
  stopped: 'gray',
};

/** Where what runs: shown once all is up. */
export function startTable(processes: readonly ProcessStatus[]): string {
  return formatTable([
    heading(['process', 'services', 'address', 'pid', 'state']),
    ...processes.map((status) => [status.process, services(status), addresses(status), String(status.pid ?? '–'), stateOf(status)]),
  ]);
}

/** How it is doing: `mlab ps`. */
export function statusTable({ pid, memory, processes }: SupervisorStatus, now: number): string {
  const all = sumOf([memory, ...processes.map((status) => status.memory)]);
  const table = formatTable([
    heading(['process', 'services', 'port', 'pid', 'state', 'uptime', `memory${all === undefined ? '' : ` (${all.kind})`}`, 'restarts']),
    ...processes.map((status) => [
      status.process,
      services(status),
      status.services.map(ports).join(', '),
      String(status.pid ?? '–'),
      stateOf(status),
      status.startedAt === undefined ? '–' : formatDuration(now - status.startedAt),
      size(status.memory),
      String(status.restarts),
    ]),
  ]);
  const troubles = troublesOf(processes);
  const total = all === undefined ? '' : `, ${size(all)} with all of them`;
  return `${table}${troubles === '' ? '' : `\n${troubles}`}\n  The supervisor is process ${pid} (${size(memory)}${total}).\n`;
}

/** Why what does not run does not run: a line for each. */
export const troublesOf = (processes: readonly ProcessStatus[]): string =>
  processes.flatMap(({ process, reason }) => (reason === undefined ? [] : [`  ${process} ${reason}\n`])).join('');

const heading = (cells: readonly string[]): string[] => cells.map((cell) => styleText('bold', cell));

const services = (status: ProcessStatus): string => status.services.map(({ name }) => name).join(', ');

const addresses = (status: ProcessStatus): string =>
  status.services.map(({ url = '–', grpcPort }) => url + (grpcPort === undefined ? '' : ` (gRPC :${grpcPort})`)).join(', ');

const ports = ({ port, grpcPort }: ServiceStatus): string => `${port ?? '–'}${grpcPort === undefined ? '' : ` (gRPC ${grpcPort})`}`;

const size = (memory: Memory | undefined): string => (memory === undefined ? '–' : formatBytes(memory.bytes));

const stateOf = ({ state }: ProcessStatus): string => styleText(COLOURS[state], state);
