/** What the checks ask of the machine: one interface, so that tests can substitute another machine. */

import type { StreamSummary } from '../../plugins/kinesis-ingest/send/describeStream';

export interface Host {
  readonly nodeVersion: string;
  /** Milliseconds since 1970, by the machine's clock. */
  now(): number;
  /** @returns undefined if there is no such file, or it can't be read */
  readText(path: string): string | undefined;
  /** @returns names in a folder; none if there is no such folder */
  list(path: string): readonly string[];
  /** @returns where a link leads; undefined if there is none */
  readLink(path: string): string | undefined;
  stat(path: string): FileState | undefined;
  /** Requests a URL, for at most 5 s. @returns the outcome, whatever it is */
  ask(url: string): Promise<HttpProbe>;
  /** Asks the plugin server at a socket for its plugins, for at most 5 s. */
  askPluginServer(socketPath: string): Promise<PluginServerProbe>;
  /** Asks the AWS SDK's provider chain, for at most 10 s. Secrets stay there. */
  findCredentials(): Promise<CredentialsProbe>;
  /** Asks Kinesis for a stream's summary, by name or ARN, with credentials from the SDK’s chain, for at most 5 s. */
  describeStream(url: string, stream: string): Promise<StreamProbe>;
}

export interface FileState {
  kind: 'directory' | 'socket' | 'other';
  uid: number;
  gid: number;
  /** Permissions only, such as 0o750. */
  mode: number;
}

export type HttpProbe =
  /** `date`: the answer's Date header, in milliseconds since 1970. */
  | { answered: true; status: number; date: number | undefined; startedAt: number; endedAt: number }
  | { answered: false; code: string };

export type PluginServerProbe =
  | { answered: true; plugins: readonly string[] }
  | { answered: false; code: string };

/** `code`: AWS’s name for the error, or the system’s. */
export type StreamProbe = ({ described: true } & StreamSummary) | { described: false; code: string };

export type CredentialsProbe =
  | { found: true; providers: readonly string[]; temporary: boolean; expiration: number | undefined }
  | { found: false; reason: string };
