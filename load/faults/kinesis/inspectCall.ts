/** Looks at what reaches Kinesis: nothing unsigned, nothing that the plugin has not enriched. */

export interface InspectedCall {
  /** Absent where it isn't even signed in form. */
  accessKeyId?: string;
  several: boolean;
  /** Event ids in the records' order. */
  ids: string[];
  /** Why this should never have come; undefined where all is right. */
  violation?: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(\w+)\/\d{8}\/[\w-]+\/kinesis\/aws4_request, SignedHeaders=/;

export interface IncomingCall {
  method: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

export function inspectCall({ method, headers, body }: IncomingCall): InspectedCall {
  const several = headers['x-amz-target'] === 'Kinesis_20131202.PutRecords';
  const none = { several, ids: [] };
  const accessKeyId = AUTHORIZATION.exec(String(headers.authorization ?? ''))?.[1];
  if (accessKeyId === undefined) return { ...none, violation: `${method} without a signature` };
  if (!several && headers['x-amz-target'] !== 'Kinesis_20131202.PutRecord')
    return { ...none, accessKeyId, violation: `target ${String(headers['x-amz-target'])}` };
  try {
    const call = JSON.parse(body.toString()) as { Records?: { Data: string }[]; Data?: string };
    const data = call.Records?.map((record) => record.Data) ?? [call.Data!];
    const events = data.map((text) => JSON.parse(Buffer.from(text, 'base64').toString()));
    const raw = events.map(whatIsMissing).find((missing) => missing !== undefined);
    const ids = events.map(({ messageId }) => String(messageId));
    return { several, accessKeyId, ids, ...(raw !== undefined && { violation: raw }) };
  } catch (error) {
    return { ...none, accessKeyId, violation: `a body that is no call: ${(error as Error).message}` };
  }
}

/** What the plugin adds, and the load generator doesn't send. */
const SERVERS_FIELDS = ['ip', 'received_at', 'user_id'];

function whatIsMissing(event: Record<string, unknown>): string | undefined {
  if (typeof event.messageId !== 'string') return 'a record without an event id';
  const missing = SERVERS_FIELDS.filter((field) => typeof event[field] !== 'string');
  return missing.length === 0 ? undefined : `event ${event.messageId} without ${missing.join(', ')}`;
}
