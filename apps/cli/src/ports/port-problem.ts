import type { PortPlan } from '../topology/plan-lab.ts';
import { portHolder } from './port-holder.ts';
import { probePort } from './probe-port.ts';

/** Why a service cannot listen on its port, and what to do about it. */
export async function portProblem(service: PortPlan, listen?: string): Promise<string | undefined> {
  const state = await probePort(service.port, listen);
  if (state === 'free') return undefined;
  const choose = `choose another port (${service.portVariable}=${otherPort(service.port)} npm start)`;
  if (state === 'forbidden') return `Port ${service.port} for ${service.name} may not be opened by this user; ${choose}.`;
  const holder = await portHolder(service.port);
  const by = holder ? `process ${holder.pid} (${shorten(holder.command)})` : 'another process, which this user may not see';
  return `Port ${service.port} for ${service.name} is taken by ${by}; end it, or ${choose}.`;
}

const otherPort = (port: number): number => (port < 1024 ? port + 8000 : port + 100 <= 65_535 ? port + 100 : port - 100);

const shorten = (command: string): string => (command.length > 100 ? `${command.slice(0, 99)}…` : command);
