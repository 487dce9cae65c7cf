/** @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html */

/**
 * Data is encoded in pieces of this size, a multiple of three: Node makes a base64 text of some 50 KB ten times as
 * fast per byte as one of several hundred.
 */
const BASE64_PIECE_BYTES = 48 * 1024;

/** The body of a PutRecord call. */
export function encodePutRecord(stream: string, partitionKey: string, data: Buffer): Buffer {
  const head = `{"StreamName":"${stream}","PartitionKey":${JSON.stringify(partitionKey)},"Data":"`;
  const tail = '"}';
  const headBytes = Buffer.byteLength(head);
  const base64Bytes = Math.ceil(data.length / 3) * 4;
  const body = Buffer.allocUnsafe(headBytes + base64Bytes + tail.length);
  let written = body.write(head, 0);
  for (let start = 0; start < data.length; start += BASE64_PIECE_BYTES) {
    const piece = data.toString('base64', start, Math.min(start + BASE64_PIECE_BYTES, data.length));
    written += body.write(piece, written, 'latin1');
  }
  body.write(tail, written, 'latin1');
  return body;
}
