import { startLab, type Lab, type PlacementName } from './lab.ts';

/**
 * How long whoever sends a request may take: short, so that the slow are seen to be refused. Everybody else sends at once; nothing else
 * differs from the lab as it comes.
 */
const ENV = { MLAB_HTTP_REQUEST_TIMEOUT_MS: '1500', MLAB_HTTP_HEADERS_TIMEOUT_MS: '1000' };

const labs = new Map<PlacementName, Promise<Lab>>();
let kept = false;

/** The lab in a placement, of real processes, started once for all who ask for it. Nobody stops it or breaks it. */
export function sharedLab(placement: PlacementName): Promise<Lab> {
  const lab = labs.get(placement) ?? startLab(placement, ENV);
  labs.set(placement, lab);
  return lab;
}

/** What each file does in the end: when it runs alone, its labs are closed. */
export async function leaveLabs(): Promise<void> {
  if (!kept) await closeLabs();
}

/** Files that run in one process share their labs until all of them have ended. */
export async function keepLabs(run: () => Promise<void>): Promise<void> {
  kept = true;
  await run();
  await closeLabs();
}

async function closeLabs(): Promise<void> {
  for (const lab of labs.values()) await (await lab)[Symbol.asyncDispose]();
  labs.clear();
}
