/** Kong's side of a benchmark, the same for both protocols. */

import { type Body, BROWSER_HEADERS } from './bodies';

export type Outcome = 'returned' | 'exited';

export interface KongSide {
  /** How often Kong had something to answer before it could go on waiting; calls that came together count once. */
  readonly roundTrips: number;
  /** @returns the instance's id. */
  startInstance(name: string, config: object): Promise<number>;
  /** Runs one `access` event to its end; resolves to whether it was passed on or answered by the plugin. */
  handleEvent(instanceId: number, body: Body): Promise<Outcome>;
  close(): void;
}

/** What Kong answers to the PDK calls that the plugin makes, by method; a call that isn't here is answered empty. */
export function pdkAnswers({ bytes, contentType }: Body): Record<string, unknown> {
  return {
    'kong.client.get_forwarded_ip': '203.0.113.7',
    'kong.nginx.get_var': 'POST /events HTTP/1.1',
    'kong.request.get_headers': {
      ...BROWSER_HEADERS,
      'content-type': contentType,
      'content-length': String(bytes.length),
    },
    'kong.request.get_raw_body': { content: bytes },
  };
}

/** Remembers what is prepared for a body, so that the generator prepares it once and not per event. */
export function oncePerBody<T>(prepare: (body: Body) => T): (body: Body) => T {
  const prepared = new WeakMap<Body, T>();
  return (body) => {
    let value = prepared.get(body);
    if (value === undefined) {
      value = prepare(body);
      prepared.set(body, value);
    }
    return value;
  };
}
