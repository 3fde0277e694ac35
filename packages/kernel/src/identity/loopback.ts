import { isIPv4 } from 'node:net';

/** Whether a host, as it stands in a URL or a setting, is this machine and nobody else's. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || (host.startsWith('127.') && isIPv4(host));
