/** Milliseconds that the caller still waits. Relative, so that the clocks of two machines need not agree (as gRPC's `grpc-timeout`). */
export const TIMEOUT_HEADER = 'mlab-timeout-ms';
/** The service or client that asks, as it says itself. */
export const CALLER_HEADER = 'mlab-caller';
/** A token that proves it. Not `authorization`: that is for the user on whose behalf a service asks. */
export const IDENTITY_HEADER = 'mlab-identity';
export const TRACEPARENT_HEADER = 'traceparent';
export const TRACESTATE_HEADER = 'tracestate';
