import type { Command } from '../command.ts';
export const command: Command = { summary: 'x', usage: 'doctor', options: {}, run: async () => 0 };
