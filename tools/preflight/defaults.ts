/** What holds where nothing is said; tests keep it equal to what the plugin and deploy/kong.conf say. */

export const PLUGIN = 'kinesis-ingest';

/** Of the plugin's `max_event_bytes`. */
export const DEFAULT_MAX_EVENT_BYTES = 1024 * 1024;

export const DEFAULT_SOCKET_PATH = '/run/kinesis-ingest/kinesis-ingest.sock';
