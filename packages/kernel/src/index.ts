export { Call, type CallMeta } from '#/call.ts';
export { createClient, type Transport } from '#/client.ts';
export { readConfig, settingsOf, variableOf, type Setting } from '#/config.ts';
export {
  defineContract,
  operation,
  schema,
  type AnyOperation,
  type AnySchema,
  type ClientOf,
  type Contract,
  type HandlersOf,
  type Operation,
  type Schema,
} from '#/contract.ts';
export { AppError, STATUS, type ErrorCode, type Failure, type Issue } from '#/errors.ts';
export { Host, type HostOptions } from '#/host.ts';
export { httpSettings } from '#/http/settings.ts';
export { openHttpTransport } from '#/http/transport.ts';
export { openApi } from '#/openapi.ts';
export type { Instance, Peer } from '#/peers/peer.ts';
export { rootCall } from '#/root-call.ts';
export { defineService, type Admit, type AnyService, type Check, type Clock, type Context, type Running } from '#/service.ts';
export { needsOf, startOrder } from '#/topology.ts';
