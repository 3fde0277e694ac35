import type { IncomingHttpHeaders } from 'node:http';

/** Milliseconds that the caller still waits. Relative, so that the clocks of two machines need not agree (as gRPC's `grpc-timeout`). */
export const TIMEOUT_HEADER = 'mlab-timeout-ms';
/** The service or client that asks, as it says itself. */
export const CALLER_HEADER = 'mlab-caller';
/** A token that proves it. Not `authorization`: that is for the user on whose behalf a service asks. */
export const IDENTITY_HEADER = 'mlab-identity';
export const TRACEPARENT_HEADER = 'traceparent';
export const TRACESTATE_HEADER = 'tracestate';
/** The service that hands a request on for somebody else: whoever it is, he is not that service. */
export const FORWARDED_BY_HEADER = 'mlab-forwarded-by';
/** Where the client sees the gateway. */
export const FORWARDED_HOST_HEADER = 'x-forwarded-host';
export const FORWARDED_PROTO_HEADER = 'x-forwarded-proto';
export const FORWARDED_FOR_HEADER = 'x-forwarded-for';

const MAX_TRACESTATE = 512;

/** The trace that a request belongs to, as W3C Trace Context writes it. */
export function traceContextOf({ [TRACEPARENT_HEADER]: traceparent, [TRACESTATE_HEADER]: tracestate }: IncomingHttpHeaders) {
  if (typeof traceparent !== 'string') return undefined;
  return { traceparent, tracestate: typeof tracestate === 'string' ? tracestate.slice(0, MAX_TRACESTATE) : undefined };
}

/** Whether a body follows the headers. */
export const announcesBody = ({ 'transfer-encoding': encoding, 'content-length': length = '0' }: IncomingHttpHeaders): boolean =>
  encoding !== undefined || length !== '0';
