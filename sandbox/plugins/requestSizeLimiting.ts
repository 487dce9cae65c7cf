/** Kong's `request-size-limiting`: refuses a body by its announced length, or by its real one where none is. */

import type { PluginEntity } from '../config/entities';
import type { Refusal } from '../http/answer';
import type { RequestContext } from '../http/requestContext';

const UNIT_BYTES: Record<string, number> = { bytes: 1, kilobytes: 1024, megabytes: 1024 ** 2 };

/** @returns a refusal: 413, 417 to a client that waits for `100 Continue`, 411 where a length is required */
export async function limitRequestSize(
  { config }: PluginEntity,
  request: RequestContext,
): Promise<Refusal | undefined> {
  const { headers } = request;
  const announced = headers.get('content-length');
  if (announced === undefined && config.require_content_length === true && !isChunked(request))
    return { status: 411, message: 'A valid Content-Length header is required' };
  const size = announced === undefined ? await realSize(request) : Number(announced);
  if (size <= Number(config.allowed_payload_size) * UNIT_BYTES[String(config.size_unit)]!) return undefined;
  const waits = headers.get('expect')?.trim().toLowerCase() === '100-continue';
  return { status: waits ? 417 : 413, message: 'Request size limit exceeded' };
}

const isChunked = ({ headers }: RequestContext) => headers.get('transfer-encoding') === 'chunked';

async function realSize(request: RequestContext): Promise<number> {
  const body = await request.body();
  return 'file' in body ? body.size : body.bytes.length;
}
