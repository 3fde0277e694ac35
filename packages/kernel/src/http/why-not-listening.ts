interface Place {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** The environment variable that chooses the port. */
  readonly variable: string;
  /** What stands before `=` behind `--port`. */
  readonly option: string;
}

/** Why a port cannot be listened on, and what to do about it. */
export function whyNotListening({ name, address, port, variable, option }: Place, { code, message }: NodeJS.ErrnoException): string {
  const other = `choose another with ${variable} or --port ${option}=…`;
  if (code === 'EADDRINUSE') return `Port ${port} for ${name} is taken by another program: end it, or ${other}.`;
  if (code === 'EACCES') return `Port ${port} for ${name} may not be used by this user: ${other}.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${address} is no address of this machine, so ${name} cannot listen there.`;
  return `${name} cannot listen on ${address}:${port}: ${message}.`;
}
