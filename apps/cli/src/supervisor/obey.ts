import type { ControlAnswer, ControlRequest } from './control-protocol.ts';
import type { Supervisor } from './supervisor.ts';

/** Does what another mlab asks of the supervisor. */
export async function obey(supervisor: Supervisor, request: ControlRequest): Promise<ControlAnswer> {
  switch (request.type) {
    case 'status':
      return { type: 'status', ...(await supervisor.status()) };
    case 'down':
      await supervisor.end();
      return { type: 'done', processes: [], failures: [] };
    case 'scale':
      return { type: 'done', ...(await supervisor.scale(request.counts)) };
    default:
      return { type: 'done', ...(await supervisor[request.type](request.names)) };
  }
}
