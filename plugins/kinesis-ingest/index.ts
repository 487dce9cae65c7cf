/** Kong plugin `kinesis-ingest`: enriches an event, signs it and hands it to Amazon Kinesis. */

export { Schema } from './config/schema';
export { KinesisIngest as Plugin } from './KinesisIngest';

export const Name = 'kinesis-ingest';

/** The package's version. */
export const Version = '0.1.0';

/** After rate-limiting (910) and request-transformer (801); where Kong's aws-lambda stands. */
export const Priority = 750;
