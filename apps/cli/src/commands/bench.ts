import type { Command } from '../command.ts';
export const command: Command = { summary: 'x', usage: 'bench', options: {}, run: async () => 0 };
