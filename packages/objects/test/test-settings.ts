import { readConfig } from '@mlab/kernel';
import { objectsSettings } from '#/index.ts';

/** The defaults. */
export const settings = readConfig('objects', objectsSettings, {});

/** Where the SDK looks for them; those that s3rver takes. */
export const credentials = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };
