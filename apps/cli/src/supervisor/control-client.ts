import { once } from 'node:events';
import { connect } from 'node:net';
import { CliError } from '../cli-error.ts';
import { controlPath, type Home } from '../home.ts';
import { type ControlAnswer, type ControlRequest, parseAnswer } from './control-protocol.ts';
import { firstLine } from './first-line.ts';
import type { Outcome, SupervisorStatus } from './process-status.ts';

const STATUS_WITHIN_MS = 5_000;
/** Starting may take long, and stopping waits for work in progress. */
const ACTION_WITHIN_MS = 300_000;

/** Asks the running supervisor; undefined when none runs. */
export async function ask(home: Home, request: ControlRequest): Promise<Exclude<ControlAnswer, { type: 'failed' }> | undefined> {
  const socket = connect(controlPath(home));
  try {
    await once(socket, 'connect');
  } catch {
    return undefined;
  }
  const patience = request.type === 'status' ? STATUS_WITHIN_MS : ACTION_WITHIN_MS;
  socket.setTimeout(patience, () => {
    socket.destroy(new CliError(`The supervisor has not answered for ${patience / 1000} s; if that goes on, end it and start anew.`));
  });
  try {
    const line = firstLine(socket);
    socket.write(`${JSON.stringify(request)}\n`);
    const answer = parseAnswer(await line);
    if (answer.type === 'failed') throw new CliError(answer.reason, { exitCode: answer.exitCode });
    return answer;
  } catch (error) {
    // One that was killed may be connected to until the last of its threads is gone.
    if (['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  } finally {
    socket.destroy();
  }
}

export async function askStatus(home: Home): Promise<SupervisorStatus | undefined> {
  const answer = await ask(home, { type: 'status' });
  return answer?.type === 'status' ? answer : undefined;
}

/** Lets the running supervisor do something; that none runs is said in a sentence. */
export async function demand(home: Home, request: Exclude<ControlRequest, { type: 'status' }>): Promise<Outcome> {
  const answer = await ask(home, request);
  if (answer?.type !== 'done') throw new CliError('Nothing runs; npm start (or mlab up) starts the lab.', { exitCode: 3 });
  return answer;
}
