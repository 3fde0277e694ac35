/** Something that was looked at, what was found, and what to do when it is not well. A problem keeps the lab from starting. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem';
  readonly about: string;
  readonly says: string;
}
