/** Sends one input to Service A. */
export async function processInput(url: string, data: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${url}/process`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(typeof data === 'string' ? { data } : data),
  });
}
