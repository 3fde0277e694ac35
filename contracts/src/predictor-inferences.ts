import { Type, type Static } from '@mlab/schema';

const headers = Type.Record(Type.String(), Type.String(), { description: 'That tell how to read the body, by their names in lower case' });
const base64 = Type.String({ description: 'The body, byte for byte' });

/** A question of the Open Inference Protocol as a message: the same bytes as over HTTP. */
export const InferenceQuestion = Type.Object(
  { model: Type.String({ maxLength: 1024 }), version: Type.Optional(Type.String({ maxLength: 1024 })), headers, base64 },
  { title: 'InferenceQuestion' },
);
export type InferenceQuestion = Static<typeof InferenceQuestion>;

/** Its answer, of whatever status. */
export const InferenceAnswer = Type.Object(
  { status: Type.Integer(), contentType: Type.String(), headers, base64 },
  { title: 'InferenceAnswer' },
);
export type InferenceAnswer = Static<typeof InferenceAnswer>;
