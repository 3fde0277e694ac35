/**
 * What this project uses of TypeBox: schemas as data, checks and defaults after them. Node runs `generated/typebox.js`, the same in one
 * file: TypeBox comes in 700, and to find and to link them took each process 0.14 s and 10 MB.
 */
export { Type, type Static, type TSchema } from 'typebox';
export { Compile } from 'typebox/compile';
export { Value } from 'typebox/value';
