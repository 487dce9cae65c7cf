/** Defaults; tests keep them equal to those of the plugin and deploy/kong.conf. */

export const PLUGIN = 'kinesis-ingest';

export const DEFAULT_SOCKET_PATH = '/run/kinesis-ingest/kinesis-ingest.sock';
