import type { HttpSettings } from '#/http/settings.ts';
import { advertised } from '#/peers/advertised.ts';

type Urls = ReadonlyMap<string, string>;

/** Under which name the addresses of a service over gRPC are announced. */
export const grpcName = (service: string): string => `${service}/grpc`;

/**
 * What the services of a process make known of themselves. An address over gRPC says behind `#` whose it is: the copy that has this
 * id over HTTP. It is known first, so that who sees a copy can find it.
 */
export function announcements(urls: Urls, grpcUrls: Urls, settings: HttpSettings): readonly (readonly [name: string, url: string])[] {
  return [...urls].flatMap(([name, url]) => {
    const shown = advertised(url, settings);
    const grpc = grpcUrls.get(name);
    const own = [name, shown] as const;
    return grpc === undefined ? [own] : [[grpcName(name), `${advertised(grpc, settings)}#${new URL(shown).host}`] as const, own];
  });
}

/** Addresses over gRPC by the ids of the copies. */
export function grpcByCopy(urls: readonly string[]): ReadonlyMap<string, string> {
  return new Map(urls.map((text) => [new URL(text).hash.slice(1), new URL(text).origin]));
}
