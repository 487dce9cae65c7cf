/** Kong plugin `kinesis-reply`: gives the client an honest answer where Kinesis's own would mislead it. */

export { KinesisReply as Plugin } from './KinesisReply';
export { Schema } from './schema';

export const Name = 'kinesis-reply';

/** The package's version. */
export const Version = '0.1.0';

/** After kinesis-ingest (750): it reads the answers to that plugin's calls. */
export const Priority = 740;

/** What a frame from Kong carries (front/README.md): the getters that the plugin calls, by Kong's names. */
export const Reads = {
  response: [
    'kong.service.response.get_status',
    'kong.service.response.get_raw_body',
    'kong.response.get_headers 1000',
  ],
};
