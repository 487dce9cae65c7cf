/** The files and options that preflight goes by. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SOCKET_PATH } from '../../../../tools/preflight/defaults';
import { nginxBytes, readKongConf } from '../../../../tools/preflight/readKongConf';
import { readSettings } from '../../../../tools/preflight/readSettings';
import { fakeHost } from '../../../support/tools/fakeHost';

const SOCKET = '/run/kinesis-ingest/kinesis-ingest.sock';

describe('reading', () => {
  test.each([
    ['a = b', { a: 'b' }],
    ['  a=b # why', { a: 'b' }],
    ['#a = b', {}],
    ['a = b \\# c', { a: 'b # c' }],
    ['a = 1\na = 2', { a: '2' }],
    ['format = x \'$a="b"\'', { format: 'x \'$a="b"\'' }],
  ])('kong.conf: %j', (text, settings) => {
    expect(readKongConf(text)).toEqual(settings);
  });

  test.each([
    ['2m', 2_097_152],
    ['8k', 8_192],
    ['1G', 1_073_741_824],
    ['512', 512],
    ['two', undefined],
    [undefined, undefined],
  ])('a size of nginx’s: %j', (text, bytes) => {
    expect(nginxBytes(text)).toBe(bytes);
  });

  const options = { region: 'eu-central-1', kongConf: 'c', kongYml: 'y', pid: 'self' };

  test.each([
    ['eu-central-1', 'https://kinesis.eu-central-1.amazonaws.com'],
    ['cn-north-1', 'https://kinesis.cn-north-1.amazonaws.com.cn'],
  ])('asks the endpoint that the plugin would, in %s', (region, endpoint) => {
    expect(readSettings(fakeHost({}), { ...options, region })).toMatchObject({ endpoint });
  });

  test('takes the socket from kong.conf and sizes from kong.yml', () => {
    const host = fakeHost({
      files: {
        c: 'pluginserver_kinesis_socket = /run/other.sock',
        y: `plugins: [{name: kinesis-ingest, config: {max_event_bytes: 99, delivery: batch, stream: s,
  streams: [{when: {field: type, prefix: a}, stream: s}, {when: {field: type, prefix: b}, stream: t,
  stream_arn: arn-of-t}], bad_events_stream: bad, ordering: none}}]
services: [{routes: [{plugins: [{name: kinesis-ingest, instance_name: a}]}],
  plugins: [{name: request-size-limiting, config: {allowed_payload_size: 3, size_unit: kilobytes}}]}]`,
      },
    });
    expect(readSettings(host, options)).toMatchObject({
      endpoint: 'https://kinesis.eu-central-1.amazonaws.com',
      endpointGiven: false,
      socketPath: '/run/other.sock',
      kongYml: {
        ingests: {
          'kinesis-ingest': {
            ...{ maxEventBytes: 99, callBytes: 0, ordering: 'none' },
            streams: ['s', 'arn-of-t', 'bad'],
          },
          a: {
            maxEventBytes: 1_048_576,
            maxBodyBytes: 2_097_152,
            callBytes: expect.any(Number),
            ordering: 'per_key',
            streams: [],
          },
        },
        allowedBytes: 3072,
      },
    });
  });

  test('goes by defaults where there are no files; an empty endpoint counts as none', () => {
    expect(readSettings(fakeHost(), { ...options, endpoint: '' })).toMatchObject({
      endpointGiven: false,
      kongConf: undefined,
      kongYml: undefined,
      socketPath: SOCKET,
    });
  });

  test('names the file that is no YAML', () => {
    expect(() => readSettings(fakeHost({ files: { y: 'a: [' } }), options)).toThrow(/^y: /);
  });

  test('has deploy/kong.conf’s socket', () => {
    const conf = readKongConf(readFileSync('deploy/kong.conf', 'utf8'));
    expect(conf.pluginserver_kinesis_socket).toBe(DEFAULT_SOCKET_PATH);
  });
});
