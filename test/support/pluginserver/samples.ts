/** Values of every message of the protocol: as a plugin sees them, and as Kong's message. */

import type { RpcCall, RpcReturn } from '../../../pluginserver/protocol/rpc';

export interface Sample {
  /** What a plugin passes or gets; a list where the message stands for several arguments. */
  plugin: unknown;
  kong: unknown;
}

const TEXT = 'Zürich – 東京 😀 \u0000';
const STRUCT = {
  host: 'example.com',
  'x-multi': ['one', TEXT],
  empty: [],
  flag: true,
  off: false,
  weight: -1.5,
  nothing: null,
  nested: { list: [[], {}] },
  '': '',
};

/** Messages `{T v=1}` and other messages of one value. */
const VALUES: Record<string, Sample[]> = {
  String: ['', 'POST', TEXT].map((v) => ({ plugin: v, kong: { v } })),
  Int: [0, 1, 443, -1, 2 ** 31 - 1, -(2 ** 31)].map((v) => ({ plugin: v, kong: { v } })),
  Number: [0, 1.1, -2.5e-300, 2 ** 53].map((v) => ({ plugin: v, kong: { v } })),
  Bool: [true, false].map((v) => ({ plugin: v, kong: { v } })),
  ByteString: [Buffer.alloc(0), Buffer.from([0, 255, 128]), Buffer.alloc(300, 'x')].map((v) => ({
    plugin: v,
    kong: { v },
  })),
  Value: [null, '', TEXT, 0, -1.5, true, false, [], {}, ['a', [1, null]], STRUCT].map((v) => ({
    plugin: v,
    kong: v,
  })),
  Struct: [{}, STRUCT].map((v) => ({ plugin: v, kong: v })),
  RawBodyResult: [
    { plugin: { content: Buffer.from([123, 0, 255]) }, kong: { content: Buffer.from([123, 0, 255]) } },
    { plugin: { content: Buffer.alloc(0) }, kong: { content: Buffer.alloc(0) } },
    { plugin: { bodyFilepath: '/tmp/ä' }, kong: { body_filepath: '/tmp/ä' } },
    { plugin: { error: 'why' }, kong: { error: 'why' } },
  ],
};

/** Messages that stand for several arguments. */
const ARGUMENT_LISTS: Record<string, Sample[]> = {
  Empty: [{ plugin: [], kong: {} }],
  KV: [
    { plugin: ['x-user-id', 'u-1'], kong: { k: 'x-user-id', v: 'u-1' } },
    { plugin: ['', null], kong: { k: '', v: null } },
    { plugin: [TEXT, STRUCT], kong: { k: TEXT, v: STRUCT } },
    { plugin: ['cookie', []], kong: { k: 'cookie', v: [] } },
  ],
  Target: [
    { plugin: ['127.0.0.1', 9099], kong: { host: '127.0.0.1', port: 9099 } },
    { plugin: ['', 0], kong: { host: '', port: 0 } },
  ],
  ListValue: [
    { plugin: [], kong: [] },
    { plugin: ['a', 1, null, [TEXT], STRUCT], kong: ['a', 1, null, [TEXT], STRUCT] },
  ],
  ExitArgs: [
    {
      plugin: [
        400,
        Buffer.from(`{"error":"${TEXT}"}`),
        { 'content-type': 'application/json', x: ['a', 'b'] },
      ],
      kong: {
        status: 400,
        body: Buffer.from(`{"error":"${TEXT}"}`),
        headers: { 'content-type': 'application/json', x: ['a', 'b'] },
      },
    },
    { plugin: [204, Buffer.alloc(0), {}], kong: { status: 204, body: Buffer.alloc(0), headers: {} } },
  ],
};

/** Entities: Kong sends more fields than a plugin is given. */
const ENTITIES: Record<string, Sample[]> = {
  Consumer: [
    {
      plugin: { id: 'c-1', username: 'shop-app', customId: 'äpp', tags: ['a', 'b'] },
      kong: {
        id: 'c-1',
        username: 'shop-app',
        custom_id: 'äpp',
        tags: ['a', 'b'],
        created_at: 1_700_000_000,
      },
    },
    {
      plugin: { id: 'c-2', username: '', customId: '7', tags: [] },
      kong: { id: 'c-2', username: '', custom_id: '7', tags: [], created_at: 0 },
    },
  ],
  Route: [
    {
      plugin: {
        id: 'r-1',
        name: 'événements',
        protocols: ['http', 'https'],
        methods: ['POST'],
        hosts: ['a.example', 'b.example'],
        paths: ['/events'],
        stripPath: true,
        preserveHost: false,
        tags: ['x'],
        service: { id: 's-1' },
      },
      kong: {
        id: 'r-1',
        name: 'événements',
        protocols: ['http', 'https'],
        methods: ['POST'],
        hosts: ['a.example', 'b.example'],
        paths: ['/events'],
        strip_path: true,
        preserve_host: false,
        tags: ['x'],
        service: { id: 's-1' },
        created_at: 1_700_000_000,
        updated_at: 1_700_000_001,
        headers: ['x: y'],
        https_redirect_status_code: 426,
        regex_priority: -1,
        snis: ['s'],
        sources: ['192.0.2.1'],
        destinations: ['192.0.2.2'],
      },
    },
  ],
  Service: [
    {
      plugin: {
        id: 's-1',
        name: 'kinesis',
        protocol: 'https',
        host: '127.0.0.1',
        port: 443,
        path: '/',
        tags: ['a', 'b'],
      },
      kong: {
        id: 's-1',
        name: 'kinesis',
        protocol: 'https',
        host: '127.0.0.1',
        port: 443,
        path: '/',
        tags: ['a', 'b'],
        retries: 5,
        created_at: 1_700_000_000,
        updated_at: 1_700_000_001,
        connect_timeout: 60_000,
        write_timeout: 60_001,
        read_timeout: 60_002,
        client_certificate: { id: 'c-1' },
      },
    },
  ],
};

export function argumentSamples(type: string): Sample[] {
  const lists = ARGUMENT_LISTS[type];
  if (lists !== undefined) return lists;
  return samplesOf(type).map(({ plugin, kong }) => ({ plugin: [plugin], kong }));
}

export function resultSamples(type: string): Sample[] {
  return type === 'Empty' ? [{ plugin: undefined, kong: {} }] : samplesOf(type);
}

function samplesOf(type: string): Sample[] {
  const samples = VALUES[type] ?? ENTITIES[type];
  if (samples === undefined) throw new Error(`no samples of ${type}`);
  return samples;
}

export const RPC_CALLS: { ours: RpcCall; kong: object }[] = [
  {
    ours: { command: 'getPluginNames', sequence: 0 },
    kong: { sequence: 0, cmd_get_plugin_names: {} },
  },
  {
    ours: { command: 'getPluginInfo', sequence: 1, name: TEXT },
    kong: { sequence: 1, cmd_get_plugin_info: { name: TEXT } },
  },
  {
    ours: {
      command: 'startInstance',
      sequence: 300,
      name: 'p',
      config: Buffer.from('{"a":"\u00e4"}'),
    },
    kong: { sequence: 300, cmd_start_instance: { name: 'p', config: Buffer.from('{"a":"\u00e4"}') } },
  },
  {
    ours: { command: 'getInstanceStatus', sequence: 2 ** 31, instanceId: 2 ** 31 - 1 },
    kong: { sequence: 2 ** 31, cmd_get_instance_status: { instance_id: 2 ** 31 - 1 } },
  },
  {
    ours: { command: 'closeInstance', sequence: 2 ** 32 + 1, instanceId: 7 },
    kong: { sequence: 2 ** 32 + 1, cmd_close_instance: { instance_id: 7 } },
  },
  {
    ours: { command: 'handleEvent', sequence: 2 ** 53 - 1, instanceId: 0, eventName: 'access' },
    kong: { sequence: 2 ** 53 - 1, cmd_handle_event: { instance_id: 0, event_name: 'access' } },
  },
];

export const RPC_RETURNS: { ours: RpcReturn; kong: object }[] = [
  { ours: { sequence: 5 }, kong: { sequence: 5 } },
  {
    ours: { sequence: 1, pluginNames: ['a', TEXT] },
    kong: { sequence: 1, plugin_names: { names: ['a', TEXT] } },
  },
  {
    ours: {
      sequence: 2 ** 40,
      pluginInfo: { name: 'p', phases: ['access', 'log'], version: '1.2.3', priority: 750, schema: '{}' },
    },
    kong: {
      sequence: 2 ** 40,
      plugin_info: {
        name: 'p',
        updated_at: 0,
        loaded_at: 0,
        phases: ['access', 'log'],
        version: '1.2.3',
        priority: 750,
        schema: '{}',
      },
    },
  },
  {
    ours: { sequence: 2, instanceStatus: { name: 'p', instanceId: 2 ** 31 - 1, startedAt: 1_800_000_000 } },
    kong: {
      sequence: 2,
      instance_status: { name: 'p', instance_id: 2 ** 31 - 1, config: null, started_at: 1_800_000_000 },
    },
  },
];
