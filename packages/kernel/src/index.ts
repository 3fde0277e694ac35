export * from '#/errors.ts';
