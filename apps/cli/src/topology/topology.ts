/** Which processes there are and which services run in each, as a file says it. */
export interface Topology {
  /** What messages call it. */
  readonly source: string;
  readonly database: 'embedded' | 'none';
  /** In the order of the file, which is the order in which they start. */
  readonly processes: readonly TopologyProcess[];
}

export interface TopologyProcess {
  readonly name: string;
  readonly services: readonly string[];
  readonly instances: number;
  readonly ports: Readonly<Record<string, number>>;
  readonly env: Readonly<Record<string, string>>;
}
