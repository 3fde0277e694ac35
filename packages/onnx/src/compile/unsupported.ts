/** Thrown while a graph is compiled: it is none that can be. The message goes on where "The graph cannot be compiled: " ends. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}
