import type { Command } from '../command.ts';
export const command: Command = { summary: 'x', usage: 'test', options: {}, run: async () => 0 };
