import { symbols, type Logger } from 'pino';
import { isoTime } from '#/log.ts';

/** Writes a line of the level `info`, whose fields are JSON already: `"status":200,"ms":1.5`. */
export type WriteLine = (fields: string) => void;

/**
 * For the lines that each request has. They say what `logger.info({ … }, message)` would say, byte for byte; but a logger looks at every
 * field of an object anew, which takes several times as long as to put together a text whose form is known.
 */
export function openLines(logger: Logger, message: string): WriteLine {
  const stream = (logger as unknown as Readonly<Record<symbol, { write(line: string): void }>>)[symbols.streamSym];
  if (stream === undefined) throw new Error('The logger has no stream.');
  const bindings = JSON.stringify(logger.bindings()).slice(1, -1);
  const before = bindings === '' ? ',' : `,${bindings},`;
  const after = `,"msg":${JSON.stringify(message)}}\n`;
  return (fields) => {
    if (logger.isLevelEnabled('info')) stream.write(`{"level":"info"${isoTime()}${before}${fields}${after}`);
  };
}
