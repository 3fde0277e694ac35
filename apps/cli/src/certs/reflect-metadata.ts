/**
 * `@peculiar/x509` puts its algorithms together with tsyringe, which will not load without the metadata functions of `Reflect`,
 * a proposal that never became part of JavaScript. It only ever asks for parameters to inject, and nothing here has any.
 */
Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined, defineMetadata: () => undefined });

// oxlint-disable-next-line unicorn/require-module-specifiers -- imported for what it does
export {};
