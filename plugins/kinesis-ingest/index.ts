/** Kong plugin `kinesis-ingest`: enriches an event, signs it and hands it to Amazon Kinesis. */

export { Schema } from './config/schema';
export { KinesisIngest as Plugin } from './KinesisIngest';

export const Name = 'kinesis-ingest';

/** The package's version. */
export const Version = '0.1.0';

/** The same as Kong's aws-lambda: after rate-limiting (910) and request-transformer (801). */
export const Priority = 750;
