import { shared } from '../together.ts';
import { startLab, type Lab, type PlacementName } from './lab.ts';

/**
 * How long whoever sends a request may take: short, so that the slow are seen to be refused. Everybody else sends at once; nothing else
 * differs from the lab as it comes.
 */
const ENV = { MLAB_HTTP_REQUEST_TIMEOUT_MS: '1500', MLAB_HTTP_HEADERS_TIMEOUT_MS: '1000' };

/** The lab in a placement, of real processes, for all files that run in this one. Nobody stops it or breaks it. */
export const { use: sharedLab, leave: leaveLabs } = shared<PlacementName, Lab>((placement) => startLab(placement, ENV));
