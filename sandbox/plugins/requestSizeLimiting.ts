/** Kong's `request-size-limiting`: refuses a body by its announced length, or by its real one if none is announced. */

import type { PluginEntity } from '../config/readPlugin';
import { Refusal } from '../http/Refusal';
import type { RequestContext } from '../http/requestContext';

const UNIT_BYTES: Record<string, number> = { bytes: 1, kilobytes: 1024, megabytes: 1024 ** 2 };

/** @throws Refusal 413, 417 to a client that waits for `100 Continue`, 411 if a length is required */
export async function limitRequestSize(
  { config }: PluginEntity,
  request: RequestContext,
): Promise<undefined> {
  const { headers } = request;
  const announced = headers.get('content-length');
  const isChunked = headers.get('transfer-encoding') === 'chunked';
  if (announced === undefined && !isChunked && config.require_content_length === true)
    throw new Refusal(411, 'A valid Content-Length header is required');
  const size = announced === undefined ? (await request.body()).length : Number(announced);
  if (size <= Number(config.allowed_payload_size) * UNIT_BYTES[String(config.size_unit)]!) return;
  throw new Refusal(headers.get('expect') === undefined ? 413 : 417, 'Request size limit exceeded');
}
