/** What the checks ask of the machine: one interface, so that tests can put another machine in its place. */

import type { StreamSummary } from '../../plugins/kinesis-ingest/send/describeStream';

export interface Host {
  readonly nodeVersion: string;
  /** Milliseconds since 1970, by the machine's clock. */
  now(): number;
  /** @returns undefined where there is no such file, or it can't be read */
  readText(path: string): string | undefined;
  /** @returns names in a folder, none where there is no such folder */
  list(path: string): readonly string[];
  /** @returns where a link leads, undefined where there is none */
  readLink(path: string): string | undefined;
  stat(path: string): FileState | undefined;
  /** Asks for a URL, at most 5 s. @returns what came of it, whatever that is */
  ask(url: string): Promise<HttpProbe>;
  /** Asks the plugin server at a socket for its plugins, at most 5 s. */
  askPluginServer(socketPath: string): Promise<PluginServerProbe>;
  /** Asks the AWS SDK's provider chain, at most 10 s. Secrets stay there. */
  findCredentials(): Promise<CredentialsProbe>;
  /** Asks Kinesis for the summary of a stream, by its name or ARN, at most 5 s, and the SDK’s chain for credentials. */
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
  /** `date`: what the answer's Date header says, in milliseconds since 1970. */
  | { answered: true; status: number; date: number | undefined; startedAt: number; endedAt: number }
  | { answered: false; code: string };

export type PluginServerProbe =
  | { answered: true; plugins: readonly string[] }
  | { answered: false; code: string };

/** `code`: AWS’s name of the error, or the system’s. */
export type StreamProbe = ({ described: true } & StreamSummary) | { described: false; code: string };

export type CredentialsProbe =
  | { found: true; providers: readonly string[]; temporary: boolean; expiration: number | undefined }
  | { found: false; reason: string };
