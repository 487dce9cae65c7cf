/** What a kong.yml says about streams, body sizes, and whom a service trusts. */

import { parse } from 'yaml';
import { FIELDS } from '../../plugins/kinesis-ingest/config/schema';
import { largestCallBytes } from '../../plugins/kinesis-ingest/kinesis/encodeRecords';
import type { IngestSettings, KongYmlSettings } from './Check';
import { PLUGIN } from './defaults';

type Config = Record<string, unknown>;

/** @param path for messages @throws Error naming the file if it is not YAML */
export function readKongYml(text: string, path: string): KongYmlSettings {
  const ingests: Record<string, IngestSettings> = {};
  const allowed: number[] = [];
  let namesAuthorities = false;
  let root: unknown;
  try {
    root = parse(text, { version: '1.1' });
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
  visit(root);
  return { ingests, allowedBytes: allowed.length === 0 ? undefined : Math.max(...allowed), namesAuthorities };

  /** Plugins can be at the top level, in services, in routes and in consumers. */
  function visit(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const { name, instance_name, config, tls_verify, ca_certificates } = value as Config;
    const given = (config ?? {}) as Config;
    if (name === PLUGIN) ingests[String(instance_name ?? PLUGIN)] = ingestOf(given);
    if (name === 'request-size-limiting') allowed.push(allowedBytes(given));
    // Another service's authorities say nothing about AWS's certificate.
    const isOurs = JSON.stringify(value).includes(`"name":"${PLUGIN}"`);
    if (isOurs && tls_verify === true && Array.isArray(ca_certificates) && ca_certificates.length > 0)
      namesAuthorities = true;
    for (const part of Object.values(value)) visit(part);
  }
}

function ingestOf(config: Config): IngestSettings {
  const number = (field: 'max_event_bytes' | 'max_body_bytes' | 'max_events') =>
    Number(config[field] ?? FIELDS[field].default);
  const maxEventBytes = number('max_event_bytes');
  const maxBodyBytes = Math.max(maxEventBytes, number('max_body_bytes'));
  return {
    maxEventBytes,
    maxBodyBytes,
    callBytes: config.delivery === 'batch' ? 0 : largestCallBytes(maxBodyBytes, number('max_events')),
    streams: streamsOf(config),
    ordering: String(config.ordering ?? FIELDS.ordering.default),
  };
}

/** The plugin itself refuses anything that is not a list of rules. */
function streamsOf({
  stream,
  stream_arn,
  streams,
  bad_events_stream,
  bad_events_stream_arn,
}: Config): string[] {
  const rules = Array.isArray(streams) ? (streams as Config[]) : [];
  const named = [
    stream_arn ?? stream,
    ...rules.map((rule) => rule.stream_arn ?? rule.stream),
    bad_events_stream_arn ?? bad_events_stream,
  ];
  return [...new Set(named.filter((name) => typeof name === 'string'))];
}

const UNITS: Record<string, number> = { bytes: 1, kilobytes: 1024, megabytes: 1024 ** 2 };

/** Kong's defaults are 128 and megabytes. */
function allowedBytes({ allowed_payload_size, size_unit }: Config): number {
  return Number(allowed_payload_size ?? 128) * (UNITS[String(size_unit)] ?? UNITS.megabytes!);
}
