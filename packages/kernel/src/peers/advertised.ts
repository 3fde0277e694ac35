import { hostname, networkInterfaces } from 'node:os';
import type { HttpSettings } from '#/http/settings.ts';

/** The URL under which an instance makes itself known: "all addresses" is a place to listen, and none to connect to. */
export function advertised(url: string, { advertise, listen }: HttpSettings): string {
  const host = advertise !== '' ? advertise : listen === '0.0.0.0' || listen === '::' ? ownAddress() : undefined;
  if (host === undefined) return url;
  const shown = new URL(url);
  shown.hostname = host.includes(':') ? `[${host}]` : host;
  return shown.origin;
}

function ownAddress(): string {
  const outer = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal);
  return (outer.find(({ family }) => family === 'IPv4') ?? outer[0])?.address ?? hostname();
}
