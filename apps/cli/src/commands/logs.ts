import type { Command } from '../command.ts';
export const command: Command = { summary: 'x', usage: 'logs', options: {}, run: async () => 0 };
