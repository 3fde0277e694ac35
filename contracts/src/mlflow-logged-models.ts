import { route } from '@mlab/kernel';

const read = 'tracking:read';

export const loggedModelRoutes = {
  getLoggedModel: route('GET /api/2.0/mlflow/logged-models/:model_id', { summary: 'Get a logged model', scope: read }),
};
