import type { Answer, Body, Entry, LabRequest, Service } from '../../../tests/system/lab-contract/cases.ts';

/** A request, and our own answer to it where that is not the original's. */
export type Case = LabRequest & Pick<Entry, 'ours' | 'why'>;

export interface Difference {
  readonly ours: Answer;
  readonly why: string;
}

export const JSON_TYPE: Case['headers'] = [['content-type', 'application/json']];

const PATHS: Record<Service, string> = { a: '/process', b: '/predict', 'a-without-b': '/process' };

/** A JSON body posted to the one operation of a service. */
export function post(service: Service, name: string, body: Body | undefined, difference?: Difference): Case {
  const request = { name, service, method: 'POST', path: PATHS[service], headers: JSON_TYPE };
  return { ...request, ...(body === undefined ? {} : { body }), ...difference };
}

/** The same with other headers. */
export function postAs(service: Service, name: string, headers: Case['headers'], body: Body | undefined, difference?: Difference): Case {
  return { ...post(service, name, body, difference), headers };
}

export const bytes = (...parts: (string | number[])[]): Body => ({
  base64: Buffer.concat(parts.map((part) => Buffer.from(part as string))).toString('base64'),
});

/** Our 422 to a document that is JSON to Python and none to us. */
export function notJson(offset: number, error: string, why: string): Difference {
  const issue = { type: 'json_invalid', loc: ['body', offset], msg: 'JSON decode error', input: {}, ctx: { error } };
  return { ours: { status: 422, body: { detail: [issue] } }, why };
}

/** Our 422 with one issue, where the original fails on its way out. */
export function oneIssue(type: string, loc: (string | number)[], msg: string, input: unknown, why: string): Difference {
  return { ours: { status: 422, body: { detail: [{ type, loc, msg, input }] } }, why };
}
