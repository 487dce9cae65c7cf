/** A preflight check, and what it can find. */

import type { Host } from './Host';
import type { KongSettings } from './readKongConf';

export interface Finding {
  /** `warn`: acceptable, or could not be determined here. `fail`: events would be refused, lost or slow. */
  status: 'pass' | 'warn' | 'fail';
  /** What was seen. */
  message: string;
  /** What to do about it. */
  advice?: string;
}

export interface CheckContext {
  readonly host: Host;
  readonly settings: Settings;
}

export interface Settings {
  /** Kinesis's URL. */
  readonly endpoint: string;
  /** Whether the endpoint was set, and is not just the region's public one. */
  readonly endpointGiven: boolean;
  /** kong.conf with its path; undefined if there is none. */
  readonly kongConf: { readonly path: string; readonly settings: KongSettings } | undefined;
  /** What kong.yml says; undefined if there is none. */
  readonly kongYml: KongYmlSettings | undefined;
  readonly socketPath: string;
  /** The process whose file descriptor limits count: a process id, or `self`. */
  readonly pid: string;
}

export interface KongYmlSettings {
  /** Each kinesis-ingest, by its instance_name. */
  readonly ingests: Readonly<Record<string, IngestSettings>>;
  /** The largest body that a request-size-limiting plugin lets in; undefined if there is none. */
  readonly allowedBytes: number | undefined;
  /** Whether a service names its own authorities to check AWS's certificate against (`ca_certificates`). */
  readonly namesAuthorities: boolean;
}

export interface IngestSettings {
  readonly maxEventBytes: number;
  /** The plugin refuses larger bodies, whether or not it can see them. */
  readonly maxBodyBytes: number;
  /** The largest call that Kong makes for it; 0 if Kong makes none (`delivery: batch`). */
  readonly callBytes: number;
  /** By name or ARN, or behind a vault reference. */
  readonly streams: readonly string[];
  /** `per_key` or `none`. */
  readonly ordering: string;
}

export interface Check {
  /** As in `--only`. */
  name: string;
  /** Why the check exists. */
  reason: string;
  /** What it warns of can keep events from being stored. Default: it costs speed, or is information for people. */
  vital?: true;
  run(context: CheckContext): Finding | Promise<Finding>;
}

export const pass = (message: string): Finding => ({ status: 'pass', message });
export const warn = (message: string, advice: string): Finding => ({ status: 'warn', message, advice });
export const fail = (message: string, advice: string): Finding => ({ status: 'fail', message, advice });
