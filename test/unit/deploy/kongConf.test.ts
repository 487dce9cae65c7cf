/** deploy/kong.conf, the environment of docker-compose.yml's nodes, kong.yml and the plugin agree with each other. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { FIELDS } from '../../../plugins/kinesis-ingest/config/schema';
import { largestCallBytes } from '../../../plugins/kinesis-ingest/kinesis/encodeRecords';
import { type KongYml, pluginOf } from '../../../testkit/kongYml';
import { nginxBytes, readKongConf } from '../../../tools/preflight/readKongConf';
import { readComposeFile } from '../../support/deploy/composeFile';

const conf = readKongConf(readFileSync('deploy/kong.conf', 'utf8'));
const kongYml = parse(readFileSync('kong.yml', 'utf8')) as KongYml;
const compose = readComposeFile();

/** What is otherwise in a container, and why. */
const MAY_DIFFER: Record<string, string> = {
  database: 'two nodes share Postgres',
  admin_listen: 'in the network `admin` alone, published on the host’s loopback',
  proxy_listen: 'in the network `front` alone',
  status_listen: 'for the balancer and Prometheus, not published',
  proxy_access_log: 'containers log to standard output, in the same format',
  admin_access_log: 'containers log to standard output',
  nginx_worker_processes: 'auto counts the host’s cores',
};

function settingsOf(node: string): Record<string, string> {
  const { environment = {} } = compose.services[node]!;
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([name]) => name.startsWith('KONG_'))
      .map(([name, value]) => [name.slice('KONG_'.length).toLowerCase(), String(value)]),
  );
}

describe.each(['kong-1', 'kong-2'])('the environment of %s', (node) => {
  const settings = settingsOf(node);

  test('contradicts deploy/kong.conf only where a container has to', () => {
    const different = Object.keys(settings).filter((name) => name in conf && conf[name] !== settings[name]);
    expect(different.filter((name) => !(name in MAY_DIFFER))).toEqual([]);
  });

  test('mounts deploy/kong.conf itself', () => {
    expect(compose.services[node]!.volumes).toContain('./deploy/kong.conf:/etc/kong/kong.conf:ro');
  });

  test('logs requests in the format of deploy/kong.conf', () => {
    const format = conf.proxy_access_log!.split(' ')[1];
    expect(conf.nginx_http_log_format).toMatch(new RegExp(`^${format} escape=json '`));
    expect(settings.proxy_access_log).toBe(`/dev/stdout ${format}`);
  });
});

describe('deploy/kong.conf', () => {
  const maxBody = nginxBytes(conf.nginx_http_client_max_body_size)!;

  const buffer = nginxBytes(conf.nginx_http_client_body_buffer_size)!;

  test('takes the largest call of the plugin, which nginx compares with its limit of bodies too', () => {
    const { max_body_bytes, max_events } = FIELDS;
    const call = largestCallBytes(max_body_bytes.default, max_events.default);
    expect(maxBody).toBeGreaterThanOrEqual(call);
  });

  test('takes the largest event of the plugin', () => {
    expect(buffer).toBeGreaterThan(FIELDS.max_event_bytes.default);
  });

  test('lets kong.yml’s own limit of the body be the one that is seen, and spills no such body to a file', () => {
    const { allowed_payload_size, size_unit } = pluginOf(kongYml, 'request-size-limiting').config;
    expect(size_unit).toBe('megabytes');
    const allowed = Number(allowed_payload_size) * 1024 ** 2;
    expect(allowed).toBeLessThanOrEqual(maxBody);
    expect(allowed).toBeLessThanOrEqual(buffer);
  });

  test('checks AWS’s certificate, and kong.yml asks for it', () => {
    expect(conf.nginx_proxy_proxy_ssl_verify).toBe('on');
    expect(kongYml.services[0]).toMatchObject({ url: expect.stringMatching(/^https:/), tls_verify: true });
  });

  test('keeps the Admin API on loopback, and shows no Admin GUI', () => {
    expect(conf.admin_listen).toBe('127.0.0.1:8001');
    expect(conf.admin_gui_listen).toBe('off');
  });

  test('believes nobody’s X-Forwarded-For until somebody is named', () => {
    expect(conf).not.toHaveProperty('trusted_ips');
  });

  test('reports nothing to Kong Inc.', () => {
    expect(conf.anonymous_reports).toBe('off');
  });

  test('logs neither body, query string, referrer, cookie nor headers of the client’s', () => {
    const variables = conf.nginx_http_log_format!.match(/\$\w+/g)!;
    const allowed =
      /^\$(time_iso8601|remote_addr|request_method|uri|status|request_length|bytes_sent|request_time|upstream_response_time|upstream_status|request_id)$/;
    expect(variables.filter((name) => !allowed.test(name))).toEqual([]);
  });
});
