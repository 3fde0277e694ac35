import type { Command } from '../command.ts';
export const command: Command = { summary: 'x', usage: 'check', options: {}, run: async () => 0 };
