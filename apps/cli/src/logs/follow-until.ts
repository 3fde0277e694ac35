import { type Home, logFile } from '../home.ts';

export async function followUntil(ended: Promise<void>, names: readonly string[], home: Home): Promise<void> {
  void names;
  void logFile;
  void home;
  await ended;
}
