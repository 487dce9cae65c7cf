/** @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html */

/** The body of a PutRecord call. The data goes through base64 straight into its place. */
export function encodePutRecord(stream: string, partitionKey: string, data: Buffer): Buffer {
  const head = `{"StreamName":"${stream}","PartitionKey":${JSON.stringify(partitionKey)},"Data":"`;
  const tail = '"}';
  const base64 = data.toString('base64');
  const headBytes = Buffer.byteLength(head);
  const body = Buffer.allocUnsafe(headBytes + base64.length + tail.length);
  body.write(head, 0);
  body.write(base64, headBytes, 'latin1');
  body.write(tail, headBytes + base64.length, 'latin1');
  return body;
}
