/** What other processes say through NOTIFY: heard over one connection, whoever listens. May be lost, so nobody may depend on it. */
export interface Notices {
  /** Calls `heard` at each notice of this channel, and once with '' whenever some may have been missed. Answers how to end that. */
  on(channel: string, heard: (payload: string) => void): () => void;
  /** Calls `heard` whenever some notices may have been missed. */
  onReconnect(heard: () => void): void;
}
