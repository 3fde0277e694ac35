import type { CallMeta, ForeignRequest } from '@mlab/kernel';
import { printable } from '@mlab/telemetry';
import type { Who } from '#/domain/who.ts';

const LONGEST_NAME = 128;

/** Who asks in MLflow's protocol. Its client says who it is by Basic authentication, where it is told to: a name that nobody has proven. */
export function whoAsks({ headers }: ForeignRequest, call: CallMeta): Who {
  return { caller: call.caller, name: basicName(headers.authorization), via: 'mlflow' };
}

function basicName(header: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]{1,2000})$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon > 0 ? printable(pair.slice(0, colon), LONGEST_NAME) : undefined;
}
