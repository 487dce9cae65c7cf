/** The outer messages: what Kong asks of a plugin server (RpcCall), and the server's answer (RpcReturn). */

import { codec, readFields, readInt64, tag } from './codec';

export type RpcCall =
  | { command: 'getPluginNames'; sequence: number }
  | { command: 'getPluginInfo'; sequence: number; name: string }
  | { command: 'startInstance'; sequence: number; name: string; config: Uint8Array }
  | { command: 'getInstanceStatus'; sequence: number; instanceId: number }
  | { command: 'closeInstance'; sequence: number; instanceId: number }
  | { command: 'handleEvent'; sequence: number; instanceId: number; eventName: string };

export interface PluginInfo {
  name: string;
  phases: readonly string[];
  version: string;
  priority: number;
  /** The schema as JSON text. */
  schema: string;
}

export interface InstanceStatus {
  name: string;
  instanceId: number;
  /** Seconds since 1970. */
  startedAt: number;
}

export interface RpcReturn {
  /** The sequence number of the call that this answers. */
  sequence: number;
  pluginNames?: readonly string[];
  pluginInfo?: PluginInfo;
  instanceStatus?: InstanceStatus;
}

const SEQUENCE = tag(1, 0);
const COMMANDS = [
  'getPluginNames',
  'getPluginInfo',
  'startInstance',
  'getInstanceStatus',
  'closeInstance',
  'handleEvent',
] as const;
const FIRST_COMMAND_FIELD = 31;
const PLUGIN_NAMES = tag(31, 2);
const PLUGIN_INFO = tag(32, 2);
const INSTANCE_STATUS = tag(33, 2);

const NAME = tag(1, 2);
const CONFIG = tag(2, 2);
const INSTANCE_ID = tag(1, 0);
const EVENT_NAME = tag(2, 2);
const NO_BYTES = new Uint8Array(0);

export const RpcCallCodec = codec<RpcCall>({
  write(writer, call) {
    writer.uint32(SEQUENCE).int64(call.sequence);
    writer.uint32(tag(FIRST_COMMAND_FIELD + COMMANDS.indexOf(call.command), 2)).fork();
    if ('name' in call) writer.uint32(NAME).string(call.name);
    if ('config' in call) writer.uint32(CONFIG).bytes(call.config);
    if ('instanceId' in call) writer.uint32(INSTANCE_ID).int32(call.instanceId);
    if ('eventName' in call) writer.uint32(EVENT_NAME).string(call.eventName);
    writer.ldelim();
    return undefined;
  },

  /** @throws Error if the bytes hold no known command */
  read(reader, end) {
    const fields = { sequence: 0, name: '', config: NO_BYTES as Uint8Array, instanceId: 0, eventName: '' };
    let command: RpcCall['command'] | undefined;
    readFields(reader, end, (fieldTag) => {
      if (fieldTag === SEQUENCE) {
        fields.sequence = readInt64(reader);
        return true;
      }
      const known = (fieldTag & 7) === 2 ? COMMANDS[(fieldTag >>> 3) - FIRST_COMMAND_FIELD] : undefined;
      if (known === undefined) return false;
      command = known;
      readFields(reader, reader.uint32() + reader.pos, (inner) => {
        if (inner === NAME) fields.name = reader.string();
        else if (inner === INSTANCE_ID) fields.instanceId = reader.int32();
        else if (inner === EVENT_NAME && command === 'handleEvent') fields.eventName = reader.string();
        else if (inner === CONFIG && command === 'startInstance') fields.config = reader.bytes();
        else return false;
        return true;
      });
      return true;
    });
    if (command === undefined) throw new Error('a call without a known command');
    return { command, ...fields };
  },
});

export const RpcReturnCodec = codec<RpcReturn>({
  write(writer, answer) {
    writer.uint32(SEQUENCE).int64(answer.sequence);
    if (answer.pluginNames !== undefined) {
      writer.uint32(PLUGIN_NAMES).fork();
      for (const name of answer.pluginNames) writer.uint32(NAME).string(name);
      writer.ldelim();
    }
    if (answer.pluginInfo !== undefined) {
      const { name, phases, version, priority, schema } = answer.pluginInfo;
      writer.uint32(PLUGIN_INFO).fork().uint32(NAME).string(name);
      for (const phase of phases) writer.uint32(tag(4, 2)).string(phase);
      writer.uint32(tag(5, 2)).string(version).uint32(tag(6, 0)).int32(priority);
      writer.uint32(tag(7, 2)).string(schema).ldelim();
    }
    if (answer.instanceStatus !== undefined) {
      const { name, instanceId, startedAt } = answer.instanceStatus;
      writer.uint32(INSTANCE_STATUS).fork().uint32(NAME).string(name);
      writer.uint32(tag(2, 0)).int32(instanceId).uint32(tag(4, 0)).int64(startedAt).ldelim();
    }
    return undefined;
  },

  /** Reads what the sandbox needs: the sequence number and an instance's status. */
  read(reader, end) {
    const answer: RpcReturn = { sequence: 0 };
    readFields(reader, end, (fieldTag) => {
      if (fieldTag === SEQUENCE) answer.sequence = readInt64(reader);
      else if (fieldTag === INSTANCE_STATUS) {
        const status = { name: '', instanceId: 0, startedAt: 0 };
        readFields(reader, reader.uint32() + reader.pos, (inner) => {
          if (inner === NAME) status.name = reader.string();
          else if (inner === tag(2, 0)) status.instanceId = reader.int32();
          else if (inner === tag(4, 0)) status.startedAt = readInt64(reader);
          else return false;
          return true;
        });
        answer.instanceStatus = status;
      } else return false;
      return true;
    });
    return answer;
  },
});
