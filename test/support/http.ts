/** A plain HTTP client for tests: every header is sent as it is written. */

import { request } from 'node:http';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json(): unknown;
}

export interface RequestOptions {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Uint8Array;
  /** The client's own address. */
  localAddress?: string;
}

export function send(
  url: string,
  { method = 'POST', headers = {}, body, localAddress }: RequestOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, localAddress, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: incoming.statusCode!,
          headers: incoming.headers,
          text,
          json: () => JSON.parse(text),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Posts an event as a page does. Text goes out as it is, anything else as JSON. */
export function postEvent(
  url: string,
  event: unknown,
  headers: RequestOptions['headers'] = {},
  localAddress?: string,
): Promise<Answer> {
  const body = typeof event === 'string' || event instanceof Uint8Array ? event : JSON.stringify(event);
  return send(`${url}/events`, {
    headers: { 'content-type': 'application/json', ...headers },
    body,
    ...(localAddress !== undefined && { localAddress }),
  });
}

/** What a refusal says. */
export function refusalOf(answer: Answer): { status: number; code: string; message: string } {
  const { error } = answer.json() as { error: { code: string; message: string } };
  return { status: answer.status, ...error };
}
