/** The instances of services that are known to live, wherever they run. */
export interface Discovery {
  /** Makes an instance known until it is disposed of; a process that dies is forgotten when its lease ends. */
  announce(service: string, url: string): Promise<AsyncDisposable>;
  /** The URLs of a service's instances now, and again whenever they change. */
  watch(service: string, onChange: (urls: readonly string[]) => void): Promise<AsyncDisposable>;
}
