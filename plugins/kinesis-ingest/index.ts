/** Kong plugin `kinesis-ingest`: enriches an event, signs it and hands it to Amazon Kinesis. */

export { Schema } from './config/schema';
export { Options, start } from './contracts/inForce';
export { KinesisIngest as Plugin } from './KinesisIngest';

export const Name = 'kinesis-ingest';

/** The package's version. */
export const Version = '0.1.0';

/** The same as Kong's aws-lambda: after rate-limiting (910) and request-transformer (801). */
export const Priority = 750;

/** What a frame from Kong carries (front/README.md): the getters that the plugin calls, by Kong's names. */
export const Reads = {
  access: [
    'kong.client.get_forwarded_ip',
    'kong.client.get_consumer',
    'kong.nginx.get_var request',
    'kong.nginx.get_var kong_request_id',
    'kong.request.get_headers 1000',
    'kong.request.get_raw_body',
  ],
};
