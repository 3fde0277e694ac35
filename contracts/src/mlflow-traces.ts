import { route } from '@mlab/kernel';

const read = 'tracking:read';

export const traceRoutes = {
  getTraceInfo: route('GET /api/3.0/mlflow/traces/:trace_id', { summary: 'Get a trace', scope: read }),
};
