import { schema } from '@mlab/kernel';
import { Type } from 'typebox';

/** The demo model has nothing to set. */
export const config = schema(Type.Object({}));
