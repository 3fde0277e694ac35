import type { Socket } from 'node:net';
import { CliError } from '../cli-error.ts';

const LONGEST = 1_000_000;

/** The first line that the other side sends; rejects when it ends, fails or babbles before that. */
export function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > LONGEST) socket.destroy(new Error('the line is too long'));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new CliError('The supervisor has ended without an answer; mlab ps tells what runs.')));
  });
}
