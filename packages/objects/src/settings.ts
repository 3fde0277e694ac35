import { schema, type Schema } from '@mlab/kernel';
import { Type } from '@mlab/schema';

export interface ObjectsSettings {
  readonly store: 'folder' | 's3';
  readonly folder: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: string;
  readonly region: string;
  readonly pathStyle: boolean;
}

/** Read from `MLAB_OBJECTS_…`. The credentials of S3 come from the variables and files that every program of AWS reads. */
export const objectsSettings: Schema<ObjectsSettings> = schema(
  Type.Object({
    store: Type.Union([Type.Literal('folder'), Type.Literal('s3')], {
      default: 'folder',
      description: 'Where files of services are kept: in a folder of this machine, or in a bucket of S3',
    }),
    folder: Type.String({ default: '', description: 'Folder for files of services; when empty, objects in the folder of mlab' }),
    bucket: Type.String({ default: '', description: 'Bucket for files of services; it must exist' }),
    prefix: Type.String({
      default: '',
      maxLength: 60,
      pattern: '^([A-Za-z0-9._-]+/)*$',
      description: 'What keys in the bucket begin with, ending in a slash, such as mlab/',
    }),
    endpoint: Type.String({ default: '', description: 'URL of an S3 server that is not of AWS, such as http://127.0.0.1:9000' }),
    region: Type.String({ default: 'us-east-1', minLength: 1, description: 'Region of the bucket' }),
    pathStyle: Type.Boolean({
      default: false,
      description: 'Whether the bucket stands in the path of a URL instead of its host, as most servers that are not of AWS need it',
    }),
  }),
);
