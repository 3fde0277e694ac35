/**
 * What `make` gives, made when it is first asked for. A process has hundreds of operations and is asked for a few of them: to compile what
 * checks and writes all of them would take longer than the rest of its start.
 */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
