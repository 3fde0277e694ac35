/** Milliseconds that the caller still waits. Relative, so that the clocks of two machines need not agree (as gRPC's `grpc-timeout`). */
export const TIMEOUT_HEADER = 'mlab-timeout-ms';
/** The service or client that asks. */
export const CALLER_HEADER = 'mlab-caller';
export const TRACEPARENT_HEADER = 'traceparent';
export const TRACESTATE_HEADER = 'tracestate';
