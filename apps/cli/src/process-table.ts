import { styleText } from 'node:util';
import { formatBytes, formatDuration } from './format.ts';
import type { ProcessState, ProcessStatus } from './supervisor/process-status.ts';
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
export function statusTable(processes: readonly ProcessStatus[], now: number): string {
  return formatTable([
    heading(['process', 'services', 'port', 'pid', 'state', 'uptime', 'memory', 'restarts']),
    ...processes.map((status) => [
      status.process,
      services(status),
      status.services.map(({ port }) => port).join(', '),
      String(status.pid ?? '–'),
      stateOf(status),
      status.startedAt === undefined ? '–' : formatDuration(now - status.startedAt),
      status.memoryBytes === undefined ? '–' : formatBytes(status.memoryBytes),
      String(status.restarts),
    ]),
  ]);
}

const heading = (cells: readonly string[]): string[] => cells.map((cell) => styleText('bold', cell));

const services = (status: ProcessStatus): string => status.services.map(({ name }) => name).join(', ');

const addresses = (status: ProcessStatus): string => status.services.map(({ url }) => url).join(', ');

const stateOf = ({ state, reason }: ProcessStatus): string =>
  styleText(COLOURS[state], state) + (reason === undefined ? '' : ` (${reason})`);
