import { download, upload } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { Id } from './training-data.ts';

const ofProgram = {
  scope: 'training:train',
  headers: { token: 'mlab-program-token' },
};
const asked = {
  id: Id,
  token: Type.Optional(Type.String({ maxLength: 200, description: 'Which the program was given when it was begun' })),
};

/** What our own programs ask that train elsewhere. Each of them knows a token, and nobody else is answered. */
export const programOperations = {
  programOrder: download('GET /programs/:id/order', {
    ...ofProgram,
    summary: 'What a program that trains elsewhere is to do',
    contentTypes: ['application/json'],
    input: Type.Object(asked),
  }),
  programState: download('GET /programs/:id/state', {
    ...ofProgram,
    summary: 'The state that training goes on from, kept by an earlier attempt',
    contentTypes: ['application/octet-stream'],
    input: Type.Object(asked),
  }),
  keepProgramState: upload('PUT /programs/:id/state', {
    ...ofProgram,
    summary: 'Keep a state that training can go on from',
    input: Type.Object(asked),
    output: Type.Object({}),
  }),
  endProgram: upload('PUT /programs/:id/outcome', {
    ...ofProgram,
    summary: 'Bring what came of it: the model, or why there is none',
    input: Type.Object(asked),
    output: Type.Object({}),
  }),
};
