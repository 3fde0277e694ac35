import type { Command } from './command.ts';

export function commandHelp(command: Command): string {
  return `${[`mlab ${command.usage}`, command.summary, ...(command.details ? [command.details] : [])].join('\n\n')}\n`;
}
