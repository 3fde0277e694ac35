import { Type } from '@mlab/schema';
import { schema, type Schema } from '#/contract.ts';

export type IdentityMode = 'off' | 'secret' | 'mtls';

export interface IdentitySettings {
  readonly mode: IdentityMode;
  readonly secret: string;
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly require: boolean;
}

/** Read from `MLAB_IDENTITY…`: how the services of a process prove to others who they are. */
export const identitySettings: Schema<IdentitySettings> = schema(
  Type.Object({
    mode: Type.Union([Type.Literal('off'), Type.Literal('secret'), Type.Literal('mtls')], {
      default: 'off',
      env: 'MLAB_IDENTITY',
      description: 'How services prove to each other who they are: by tokens signed with a shared secret, or by certificates',
    }),
    secret: Type.String({ default: '', description: 'For secret: what all processes share, at least 32 bytes' }),
    cert: Type.String({ default: '', description: 'For mtls: PEM file with the certificate of this process' }),
    key: Type.String({ default: '', description: 'For mtls: PEM file with its private key' }),
    ca: Type.String({ default: '', description: 'For mtls: PEM file with the authorities whose certificates count' }),
    require: Type.Boolean({
      default: false,
      description:
        'Whether all who call operations must prove who they are (secret), or all who connect (mtls); else only where an operation names its callers',
    }),
  }),
);
