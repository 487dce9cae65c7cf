/** @see https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html */

/** The body of a PutRecord call. */
export function encodePutRecord(stream: string, partitionKey: string, data: Buffer): Buffer {
  const key = JSON.stringify(partitionKey);
  return Buffer.from(`{"StreamName":"${stream}","PartitionKey":${key},"Data":"${data.toString('base64')}"}`);
}
