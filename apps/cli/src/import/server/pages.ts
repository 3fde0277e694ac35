import type { Fields } from '../http/ask.ts';
import { textField } from '../http/fields.ts';

/** Answers page by page, as long as there is a token for the next one. A server that gives the same token again would never come to an end. */
export async function* pages(ask: (token: string | undefined) => Promise<Fields>): AsyncGenerator<Fields, void, void> {
  let token: string | undefined;
  for (;;) {
    const page = await ask(token);
    yield page;
    const next = textField(page, 'next_page_token') || undefined;
    if (next === undefined) return;
    if (next === token) throw new Error('the server answers with the same page again and again');
    token = next;
  }
}

export const query = (fields: Readonly<Record<string, string | number | undefined>>): string => {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? '' : `?${given.toString()}`;
};
