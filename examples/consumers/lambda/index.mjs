/**
 * The function's entry: events go into a DynamoDB table by their id, what is no event goes to an SQS queue. Both clients are part of
 * Lambda's Node.js runtimes. Not run on Lambda.
 */

import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createHandler } from './handler.js';

const { EVENTS_TABLE, DEAD_LETTERS_URL } = process.env;
const KEPT_SECONDS = 30 * 24 * 3600;
/** SQS takes 256 KiB; a record that is longer is named only. */
const MAX_MESSAGE_BYTES = 200 * 1024;

const table = new DynamoDBClient();
const queue = new SQSClient();

export const handler = createHandler({
  async keep({ id, text }) {
    const expires = Math.floor(Date.now() / 1000) + KEPT_SECONDS;
    await table.send(
      new PutItemCommand({
        TableName: EVENTS_TABLE,
        Item: { event_id: { S: id }, event: { S: text }, expires: { N: String(expires) } },
      }),
    );
  },
  async putAside({ eventID, kinesis: { data } }, reason) {
    const isKept = data.length <= MAX_MESSAGE_BYTES;
    await queue.send(
      new SendMessageCommand({
        QueueUrl: DEAD_LETTERS_URL,
        MessageBody: JSON.stringify({ eventID, reason, ...(isKept && { data }) }),
      }),
    );
  },
});
