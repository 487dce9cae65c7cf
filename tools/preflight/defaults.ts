/** What holds where nothing is said; tests keep it equal to what the plugin and deploy/kong.conf say. */

export const PLUGIN = 'kinesis-ingest';

export const DEFAULT_SOCKET_PATH = '/run/kinesis-ingest/kinesis-ingest.sock';
