import { Type } from '@mlab/schema';

/** How lists come in pages. */
export const paging = {
  limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000, description: 'Most items of one answer' }),
  cursor: Type.Optional(Type.String({ maxLength: 1024, description: 'The `next` of an earlier answer' })),
};
export const next = Type.Optional(Type.String({ description: 'The cursor of the next page; absent behind the last one' }));
