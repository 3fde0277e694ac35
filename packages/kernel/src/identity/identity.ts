import type { IncomingMessage } from 'node:http';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Caller } from '#/identity/caller.ts';
import type { IdentityMode } from '#/identity/settings.ts';

/** How the services of this process prove who they are, and find out who calls them. */
export interface Identity extends AsyncDisposable {
  readonly mode: IdentityMode;
  /**
   * Who sends `request` to the service `callee`. Throws an AppError, or rejects with one, when what it shows proves nothing or
   * something else. A promise only where there is something to work out; who has come before is known at once.
   */
  identify(request: IncomingMessage, callee: string): Caller | Promise<Caller>;
  /** What `caller` sends along to `callee`; undefined where the connection proves it, or nothing does. */
  prove(caller: string, callee: string): string | undefined | Promise<string>;
  /** Where connections prove it. */
  readonly tls?: IdentityTls;
}

/** All as PEM. */
export interface ClientTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly checkServerIdentity: NonNullable<ConnectionOptions['checkServerIdentity']>;
}

export interface IdentityTls {
  /** For servers that open now. */
  readonly serverOptions: () => TlsOptions;
  /** Calls `listener` with what has changed whenever certificates were replaced. */
  readonly onChange: (listener: (options: TlsOptions) => void) => void;
  /** For a connection to the service `callee` and to nobody else. */
  readonly clientOptions: (callee: string) => ClientTls;
  /** The same for undici. */
  readonly connector: (callee: string, timeoutMs: number) => buildConnector.connector;
}

/** The calling side of an identity. */
export type Prover = Pick<Identity, 'prove' | 'tls'>;
