import { route } from '@mlab/kernel';

const read = 'tracking:read';

/** The artifact proxy, and what a server says of itself. */
export const artifactRoutes = {
  health: route('GET /health', { summary: 'Whether it is alive', scope: read }),
  version: route('GET /version', { summary: 'The version of MLflow whose protocol this is', scope: read }),
};
