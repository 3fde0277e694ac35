import type { AnyService } from '@mlab/kernel';
import { service as gateway } from '@mlab/service-gateway';
import { service as monitoring } from '@mlab/service-monitoring';
import { service as predictor } from '@mlab/service-predictor';

/** All services. This is the only file that imports them. */
export const services: Readonly<Record<string, AnyService>> = { gateway, monitoring, predictor };
