export { bufferOf } from '#/buffer-of.ts';
export { Call, type CallMeta } from '#/call.ts';
export { createClient, type Transport } from '#/client.ts';
export { readConfig, settingsOf, variableOf, type Setting } from '#/config.ts';
export {
  defineContract,
  download,
  operation,
  schema,
  upload,
  type AnyOperation,
  type AnySchema,
  type ClientOf,
  type Contract,
  type Download,
  type HandlersOf,
  type Operation,
  type Schema,
  type Upload,
} from '#/contract.ts';
export { AppError, ifFound, STATUS, type ErrorCode, type Failure, type Issue } from '#/errors.ts';
export type { GrpcClientOf, GrpcPeer } from '#/grpc/client.ts';
export { grpcMethod, type GrpcDeclaration, type GrpcMethod } from '#/grpc/declaration.ts';
export { implement, UnreadMessage, type GrpcHandlersOf, type GrpcImplementation, type OpenGrpc } from '#/grpc/implementation.ts';
export { systemClock } from '#/clock.ts';
export { foreignRequest } from '#/foreign-request.ts';
export { Host, type HostOptions } from '#/host.ts';
export { alreadyWritten, type Beside } from '#/http/beside.ts';
export { Gathered } from '#/http/gathered.ts';
export { writeInParts } from '#/http/in-parts.ts';
export { InTurns } from '#/http/in-turns.ts';
export { inputChecker, inputReader } from '#/http/check-input.ts';
export { httpSettings } from '#/http/settings.ts';
export { refuseUnprotected } from '#/identity/refuse-unprotected.ts';
export { identitySettings } from '#/identity/settings.ts';
export { openHttpTransport } from '#/http/transport.ts';
export { openApi } from '#/openapi.ts';
export type { Instance, Peer } from '#/peers/peer.ts';
export {
  route,
  type ForeignAnswer,
  type ForeignRequest,
  type Protocol,
  type RenderedError,
  type Route,
  type RouteHandlers,
  type Spoken,
} from '#/protocol.ts';
export type { ForeignQuestion, Speak, WholeAnswer } from '#/speak.ts';
export { rootCall } from '#/root-call.ts';
export { defineService, type Admit, type AnyService, type Check, type Clock, type Context, type Running } from '#/service.ts';
export { callsOf, exchangesMessages, neighboursOf, startOrder } from '#/topology.ts';
export type { Discovery } from '#/peers/discovery.ts';
export type { Database, Queryable, Row, RowMapper, Sql, Transaction, TransactionOptions } from '#/state/database.ts';
export {
  event,
  queue,
  type AnyEventType,
  type AnyQueue,
  type ConsumersOf,
  type Delivery,
  type Events,
  type EventType,
  type ListenersOf,
  type PublishOptions,
  type Queue,
  type Received,
  type WorkersOf,
} from '#/state/events.ts';
export type {
  AddedOperations,
  AnyConsumer,
  AnyJobRunner,
  AnyListener,
  EventHandlers,
  EventsDeclaration,
  Facilities,
  OpenedDatabase,
  OpenedEvents,
  OpenedJobs,
  Owner,
} from '#/state/facilities.ts';
export {
  job,
  JOB_STATES,
  type AnyJob,
  type Job,
  type JobPage,
  type JobQueue,
  type JobQueuesOf,
  type JobRetry,
  type JobRun,
  type JobRunnersOf,
  type Jobs,
  type JobState,
  type JobStatus,
  type SendOptions,
} from '#/state/jobs.ts';
export type { ByteRange, GetOptions, ListQuery, ObjectInfo, ObjectPage, Objects, PutOptions, StoredObject } from '#/state/objects.ts';
