import { CliError } from '../cli-error.ts';
import type { ServicePlan } from '../topology.ts';
import { portHolder } from './port-holder.ts';
import { probePort } from './probe-port.ts';

/** Refuses in one sentence when a port is not to be had. */
export async function requireFreePorts(services: readonly ServicePlan[]): Promise<void> {
  for (const service of services) {
    const problem = await portProblem(service);
    if (problem) throw new CliError(problem);
  }
}

export async function portProblem(service: ServicePlan): Promise<string | undefined> {
  const state = await probePort(service.port);
  if (state === 'free') return undefined;
  const choose = `choose another port (${service.portVariable}=${otherPort(service.port)} npm start)`;
  if (state === 'forbidden') return `Port ${service.port} for ${service.name} may not be opened by this user; ${choose}.`;
  const holder = await portHolder(service.port);
  const by = holder ? `process ${holder.pid} (${shorten(holder.command)})` : 'another process, which this user may not see';
  return `Port ${service.port} for ${service.name} is taken by ${by}; end it, or ${choose}.`;
}

const otherPort = (port: number): number => (port < 1024 ? port + 8000 : port + 100 <= 65_535 ? port + 100 : port - 100);

const shorten = (command: string): string => (command.length > 100 ? `${command.slice(0, 99)}…` : command);
