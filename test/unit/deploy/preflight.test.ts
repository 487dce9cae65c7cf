/** Each check of preflight on a machine where all is well, and on machines where something isn't. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { askPluginServer } from '../../../deploy/preflight/askPluginServer';
import { CHECKS } from '../../../deploy/preflight/checks';
import { DEFAULT_MAX_EVENT_BYTES, DEFAULT_SOCKET_PATH } from '../../../deploy/preflight/defaults';
import { nginxBytes, readKongConf } from '../../../deploy/preflight/readKongConf';
import { readSettings } from '../../../deploy/preflight/readSettings';
import { isFlightworthy, jsonReport, textReport } from '../../../deploy/preflight/report';
import { runPreflight } from '../../../deploy/preflight/runPreflight';
import { DEFAULT_MAX_EVENT_BYTES as PLUGIN_DEFAULT } from '../../../plugins/kinesis-ingest/schema';
import { RpcReturnCodec } from '../../../pluginserver/protocol/rpc';
import {
  answerAt,
  type FakeHost,
  fakeHost,
  find,
  KONG_CONF,
  NOW,
  settingsWith,
} from '../../support/deploy/fakeHost';
import { temporaryFolder } from '../../support/pluginserver/hostPlugin';

const limits = (soft: string) => ({
  '/proc/self/limits': `Max open files            ${soft}                1048576              files\n`,
});
const down = (code: string): FakeHost => ({ ask: async () => ({ answered: false, code }) });
const SOCKET = '/run/kinesis-ingest/kinesis-ingest.sock';

test.each(CHECKS.map(({ name }) => [name]))('%s passes where all is well', async (name) => {
  expect(await find(name)).toMatchObject({ status: 'pass' });
});

describe.each<[string, [string, FakeHost, 'pass' | 'warn' | 'fail', RegExp][]]>([
  [
    'node-version',
    [
      ['20.19 is enough', { nodeVersion: 'v20.19.0' }, 'pass', /v20\.19/],
      ['20.18 is too old', { nodeVersion: 'v20.18.3' }, 'fail', /v20\.18/],
      ['9 is not newer than 20', { nodeVersion: 'v9.99.0' }, 'fail', /v9/],
    ],
  ],
  [
    'enhanced-networking',
    [
      [
        'the driver of older types',
        { links: { '/sys/class/net/eth0/device/driver': '../ixgbevf' } },
        'pass',
        /ixgbevf/,
      ],
      ['a driver without it', { links: { '/sys/class/net/eth0/device/driver': '../vif' } }, 'warn', /vif/],
      ['no driver to be seen', { links: {} }, 'warn', /no network device/],
      [
        'another vendor’s machine',
        { links: {}, files: { '/sys/class/dmi/id/sys_vendor': 'QEMU\n' } },
        'pass',
        /no EC2 instance/,
      ],
      [
        'an older instance, known by its hypervisor',
        { links: {}, files: { '/sys/class/dmi/id/sys_vendor': 'Xen', '/sys/hypervisor/uuid': 'ec2a1b2c\n' } },
        'warn',
        /no network device/,
      ],
    ],
  ],
  [
    'file-descriptors',
    [
      ['unlimited', { files: limits('unlimited') }, 'pass', /unlimited/],
      ['the limit of many a shell', { files: limits('20000') }, 'warn', /20000/],
      ['the limit of most shells', { files: limits('1024') }, 'fail', /1024/],
      ['no /proc', { files: { '/proc/self/limits': undefined } }, 'warn', /can’t be read/],
    ],
  ],
  [
    'listen-backlog',
    [
      [
        'the kernel’s default',
        { files: { '/proc/sys/net/core/somaxconn': '4096\n' } },
        'warn',
        /4096.*16384/,
      ],
      ['no /proc', { files: { '/proc/sys/net/core/somaxconn': undefined } }, 'warn', /can’t be read/],
    ],
  ],
  [
    'clock',
    [
      ['less than the header can tell', { ask: async () => answerAt(-0.9) }, 'pass', /to the second/],
      ['three seconds', { ask: async () => answerAt(3) }, 'pass', /3 s behind/],
      ['a minute behind', { ask: async () => answerAt(60) }, 'warn', /60 s behind/],
      ['a minute before', { ask: async () => answerAt(-60) }, 'warn', /5\d s before/],
      ['five minutes behind', { ask: async () => answerAt(300) }, 'fail', /300 s behind/],
      ['five minutes before', { ask: async () => answerAt(-300) }, 'fail', /29\d s before/],
      ['offline', down('ENOTFOUND'), 'warn', /nothing to compare with: ENOTFOUND/],
      [
        'an answer without Date',
        { ask: async () => ({ answered: true, status: 200, date: undefined, startedAt: NOW, endedAt: NOW }) },
        'warn',
        /no Date/,
      ],
    ],
  ],
  [
    'kinesis-endpoint',
    [
      ['offline', down('EAI_AGAIN'), 'warn', /EAI_AGAIN/],
      ['a certificate nobody knows', down('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'fail', /LEAF_SIGNATURE/],
      ['a certificate that has ended', down('CERT_HAS_EXPIRED'), 'fail', /EXPIRED/],
      ['another’s certificate', down('ERR_TLS_CERT_ALTNAME_INVALID'), 'fail', /ALTNAME/],
    ],
  ],
  [
    'credentials',
    [
      [
        'keys in the environment',
        {
          findCredentials: async () => ({
            found: true,
            providers: ['CREDENTIALS_ENV_VARS'],
            temporary: false,
            expiration: undefined,
          }),
        },
        'warn',
        /environment variables, without an end/,
      ],
      [
        'a web identity',
        {
          findCredentials: async () => ({
            found: true,
            providers: ['CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN', 'CREDENTIALS_STS_ASSUME_ROLE_WEB_ID'],
            temporary: true,
            expiration: NOW + 600_000,
          }),
        },
        'pass',
        /^from web identity \(IRSA\), for 10 minutes$/,
      ],
      [
        'a session that has ended',
        {
          findCredentials: async () => ({
            found: true,
            providers: ['CREDENTIALS_SSO'],
            temporary: true,
            expiration: NOW - 120_000,
          }),
        },
        'fail',
        /ended 2 minutes ago/,
      ],
      [
        'none, where Kinesis can be reached',
        { findCredentials: async () => ({ found: false, reason: 'no provider' }) },
        'fail',
        /none found: no provider/,
      ],
      [
        'none, offline',
        { ...down('ENOTFOUND'), findCredentials: async () => ({ found: false, reason: 'no provider' }) },
        'warn',
        /none found/,
      ],
    ],
  ],
  [
    'upstream-tls',
    [
      [
        'the authorities are elsewhere',
        { states: { '/etc/ssl/certs/ca-certificates.crt': undefined } },
        'fail',
        /ca-certificates\.crt is not there/,
      ],
    ],
  ],
  [
    'socket-directory',
    [
      ['not installed', { states: { '/run/kinesis-ingest': undefined } }, 'warn', /is not there/],
      [
        'a file in its place',
        { states: { '/run/kinesis-ingest': { kind: 'other', uid: 0, gid: 0, mode: 0o644 } } },
        'fail',
        /is no directory/,
      ],
      [
        'writable by everybody',
        { states: { '/run/kinesis-ingest': { kind: 'directory', uid: 0, gid: 0, mode: 0o777 } } },
        'fail',
        /0777/,
      ],
      [
        'a socket for everybody in a directory for everybody',
        {
          states: {
            '/run/kinesis-ingest': { kind: 'directory', uid: 0, gid: 0, mode: 0o755 },
            [SOCKET]: { kind: 'socket', uid: 0, gid: 0, mode: 0o666 },
          },
        },
        'warn',
        /everybody on this machine/,
      ],
      [
        'a socket for everybody in a directory for Kong’s group',
        { states: { [SOCKET]: { kind: 'socket', uid: 0, gid: 0, mode: 0o666 } } },
        'pass',
        /0750/,
      ],
    ],
  ],
  [
    'plugin-server',
    [
      ['not started', { states: { [SOCKET]: undefined } }, 'warn', /is not there/],
      [
        'a socket without a server',
        { askPluginServer: async () => ({ answered: false, code: 'ECONNREFUSED' }) },
        'fail',
        /ECONNREFUSED/,
      ],
      [
        'another user',
        { askPluginServer: async () => ({ answered: false, code: 'EACCES' }) },
        'warn',
        /this user/,
      ],
      [
        'another plugin',
        { askPluginServer: async () => ({ answered: true, plugins: ['other'] }) },
        'fail',
        /hosts other/,
      ],
    ],
  ],
])('%s', (name, cases) => {
  test.each(cases)('%s', async (_, host, status, message) => {
    const finding = await find(name, host);
    expect(finding).toMatchObject({ status, message: expect.stringMatching(message) });
    if (status !== 'pass') expect(finding.advice).toMatch(/\S/);
  });
});

test('an endpoint that was named and doesn’t answer fails', async () => {
  const settings = settingsWith({ endpoint: 'http://localstack:4566', endpointGiven: true });
  expect(await find('kinesis-endpoint', down('ECONNREFUSED'), settings)).toMatchObject({ status: 'fail' });
  expect(await find('kinesis-endpoint', {}, settings)).toMatchObject({
    status: 'warn',
    message: expect.stringContaining('without TLS'),
  });
});

test('file-descriptors looks at the process that is named', async () => {
  const files = { '/proc/42/limits': limits('512')['/proc/self/limits'] };
  expect(await find('file-descriptors', { files }, settingsWith({ pid: '42' }))).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('process 42'),
  });
});

describe('body-sizes', () => {
  const withSizes = (max: string, buffer: string) =>
    settingsWith({
      conf: KONG_CONF.replace('max_body_size = 2m', `max_body_size = ${max}`).replace(
        'buffer_size = 2m',
        `buffer_size = ${buffer}`,
      ),
    });

  test.each([
    ['a buffer that is too small', withSizes('2m', '64k'), 'fail', /65536.*2097152/],
    ['bodies of any size', withSizes('0', '2m'), 'fail', /any size/],
    ['no room above the largest event', withSizes('1m', '1m'), 'fail', /events of 1048576/],
    ['no limit set', settingsWith({ conf: '' }), 'fail', /any size/],
    ['no kong.conf', settingsWith({ kongConf: undefined }), 'warn', /no kong\.conf/],
    ['no kong.yml', settingsWith({ maxEventBytes: undefined }), 'warn', /no kong\.yml/],
  ] as const)('%s', async (_, settings, status, message) => {
    expect(await find('body-sizes', {}, settings)).toMatchObject({
      status,
      message: expect.stringMatching(message),
    });
  });
});

describe.each<[string, [string, string, 'pass' | 'warn' | 'fail', RegExp][]]>([
  [
    'trusted-ips',
    [
      ['nobody', '', 'pass', /nobody is believed/],
      [
        'a balancer',
        'trusted_ips = 10.0.0.0/16\nreal_ip_header = X-Forwarded-For',
        'pass',
        /10\.0\.0\.0\/16/,
      ],
      ['everybody', 'trusted_ips = 10.0.0.0/8, 0.0.0.0/0', 'fail', /chooses its own/],
      ['everybody, by IPv6', 'trusted_ips = ::/0', 'fail', /chooses its own/],
      ['a balancer by a header that it doesn’t send', 'trusted_ips = 10.0.0.0/16', 'warn', /X-Real-IP/],
    ],
  ],
  [
    'admin-api',
    [
      ['Kong’s default', '', 'pass', /default/],
      ['off', 'admin_listen = off', 'pass', /off/],
      ['loopback', 'admin_listen = 127.0.0.1:8001 reuseport, [::1]:8001', 'pass', /on loopback/],
      ['everywhere', 'admin_listen = 0.0.0.0:8001', 'fail', /0\.0\.0\.0/],
      [
        'a private address beside loopback',
        'admin_listen = 127.0.0.1:8001, 10.0.0.5:8001',
        'fail',
        /10\.0\.0\.5/,
      ],
    ],
  ],
])('%s', (name, cases) => {
  test.each(cases)('%s', async (_, conf, status, message) => {
    const finding = await find(name, {}, settingsWith({ conf }));
    expect(finding).toMatchObject({ status, message: expect.stringMatching(message) });
  });
});

test.each(['trusted-ips', 'admin-api', 'upstream-tls', 'body-sizes'])(
  '%s says that there is no kong.conf to look at',
  async (name) => {
    expect(await find(name, {}, settingsWith({ kongConf: undefined }))).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/no kong\.conf/),
    });
  },
);

test('upstream-tls fails where nginx isn’t told to check', async () => {
  expect(await find('upstream-tls', {}, settingsWith({ conf: 'database = off' }))).toMatchObject({
    status: 'fail',
  });
});

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

  test('takes the socket from kong.conf and sizes from kong.yml', () => {
    const host = fakeHost({
      files: {
        c: 'pluginserver_kinesis_socket = /run/other.sock',
        y: 'plugins: [{name: kinesis-ingest, config: {max_event_bytes: 99}}]\nservices: [{routes: [{plugins: [{name: kinesis-ingest, instance_name: a}]}]}]',
      },
    });
    expect(readSettings(host, options)).toMatchObject({
      endpoint: 'https://kinesis.eu-central-1.amazonaws.com',
      endpointGiven: false,
      socketPath: '/run/other.sock',
      maxEventBytes: { 'kinesis-ingest': 99, a: 1_048_576 },
    });
  });

  test('goes by defaults where there are no files; an empty endpoint counts as none', () => {
    expect(readSettings(fakeHost(), { ...options, endpoint: '' })).toMatchObject({
      endpointGiven: false,
      kongConf: undefined,
      maxEventBytes: undefined,
      socketPath: SOCKET,
    });
  });

  test('names the file that is no YAML', () => {
    expect(() => readSettings(fakeHost({ files: { y: 'a: [' } }), options)).toThrow(/^y: /);
  });

  test('has the plugin’s and deploy/kong.conf’s defaults', () => {
    expect(DEFAULT_MAX_EVENT_BYTES).toBe(PLUGIN_DEFAULT);
    const conf = readKongConf(readFileSync('deploy/kong.conf', 'utf8'));
    expect(conf.pluginserver_kinesis_socket).toBe(DEFAULT_SOCKET_PATH);
  });
});

describe('asking a plugin server', () => {
  async function serve(answer: (socket: net.Socket) => void): Promise<string> {
    const socketPath = path.join(temporaryFolder(), 'a.sock');
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    });
    server.listen(socketPath);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return socketPath;
  }

  function frame(bytes: Uint8Array): Buffer {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([length, bytes]);
  }

  test('reads the names of its plugins', async () => {
    const names = RpcReturnCodec.encode({ sequence: 1, pluginNames: ['one', 'kinesis-ingest'] });
    const socketPath = await serve((socket) => socket.write(frame(names as Uint8Array)));
    expect(await askPluginServer(socketPath)).toEqual({ answered: true, plugins: ['one', 'kinesis-ingest'] });
  });

  test.each([
    [
      'another protocol',
      (socket: net.Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /no answer/,
    ],
    [
      'bytes that are no message',
      (socket: net.Socket) => void socket.write(frame(Buffer.from([0xfa]))),
      /no answer/,
    ],
    ['a closed connection', (socket: net.Socket) => void socket.end(), /no answer/],
    ['silence', () => {}, /nothing within 50 ms/],
  ])('says what is wrong with %s', async (_, answer, code) => {
    const probe = await askPluginServer(await serve(answer), 50);
    expect(probe).toEqual({ answered: false, code: expect.stringMatching(code) });
  });

  test('says that nobody listens', async () => {
    expect(await askPluginServer(path.join(temporaryFolder(), 'none'))).toEqual({
      answered: false,
      code: 'ENOENT',
    });
  });
});

describe('the report', () => {
  const run = (host: FakeHost) => runPreflight(CHECKS, { host: fakeHost(host), settings: settingsWith() });

  test('of a good machine has a line per check and lets it fly', async () => {
    const results = await run({});
    expect(isFlightworthy(results)).toBe(true);
    expect(textReport(results).split('\n')).toHaveLength(CHECKS.length + 2);
    expect(textReport(results)).toContain(`${CHECKS.length} passed, 0 to look at, 0 failed`);
  });

  test('warnings let it fly and say why and what to do; a failure doesn’t', async () => {
    const offline = await run(down('ENOTFOUND'));
    expect(isFlightworthy(offline)).toBe(true);
    expect(textReport(offline)).toMatch(/^WARN {2}clock .*\n {6}why: AWS refuses.*\n {6}do: {2}\S/m);
    const failing = await run({ nodeVersion: 'v18.0.0' });
    expect(isFlightworthy(failing)).toBe(false);
    expect(JSON.parse(jsonReport(failing))).toMatchObject({
      ok: false,
      checks: expect.arrayContaining([expect.objectContaining({ name: 'node-version', status: 'fail' })]),
    });
  });

  test('a check that breaks is named, and the others are made', async () => {
    const results = await run({
      stat() {
        throw new Error('no such thing');
      },
    } as FakeHost);
    expect(results).toHaveLength(CHECKS.length);
    expect(results.find(({ name }) => name === 'socket-directory')).toMatchObject({
      status: 'warn',
      message: 'could not be checked: no such thing',
    });
  });
});
