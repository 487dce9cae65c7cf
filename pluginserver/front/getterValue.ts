/** Turns a frame's value into a getter's result, the same as over ProtoBuf:1. */

import { PdkCallError } from '../pdk/errors';
import { METHODS, type MethodName } from '../protocol/methods';
import { newStruct, type Struct } from '../protocol/values';
import type { Field } from './eventFrame';
import { BOOLEAN, FAILURE, HEADERS, IN_FILE, JSON_TEXT, NIL, NUMBER, TEXT, TOO_LARGE } from './kinds';

const NO_BYTES = new Uint8Array(0);

/** @throws PdkCallError */
export function getterValue(name: MethodName, { kind, bytes }: Field, maxBytes: number): unknown {
  const isBody = name.endsWith('.get_raw_body');
  switch (kind) {
    case TEXT:
      if (!isBody) return bytes.toString();
      if (bytes.length > maxBytes) throw tooLarge(name, `${bytes.length} bytes, the limit is ${maxBytes}`);
      return bytes;
    case NUMBER:
      return Number(bytes.toString());
    case BOOLEAN:
      return bytes.length > 0;
    case HEADERS:
      return headersOf(bytes.toString());
    case JSON_TEXT:
      return tableOf(name, bytes);
    case NIL:
      // Over ProtoBuf:1, nil looks like the default of the message's field.
      return isBody ? bytes : METHODS[name].result.decode(NO_BYTES);
    case FAILURE:
      throw new PdkCallError(isBody ? 'ERR_NO_BODY' : 'ERR_BAD_ANSWER', `${name}: ${bytes.toString()}`);
    case IN_FILE:
      throw new PdkCallError('ERR_BODY_IN_FILE', 'the request body was spilled to a file on the gateway');
    case TOO_LARGE:
      throw tooLarge(name, 'more than the largest frame');
    default:
      throw new PdkCallError('ERR_BAD_ANSWER', `the value of ${name} is of an unknown kind`);
  }
}

function tooLarge(name: string, what: string): PdkCallError {
  return new PdkCallError('ERR_ANSWER_TOO_LARGE', `${name} has ${what}`);
}

/** @param text names and values in turn, each with a line feed; a name is repeated for each of its values */
function headersOf(text: string): Struct {
  const headers = newStruct();
  const lines = text.split('\n');
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const name = lines[i]!;
    const value = lines[i + 1]!;
    const former = headers[name];
    if (former === undefined) headers[name] = value;
    else if (typeof former === 'string') headers[name] = [former, value];
    else (former as string[]).push(value);
  }
  return headers;
}

/** Methods answered with a Kong entity, whose fields are named as in the PDK's types. */
const ENTITIES = /^kong\.(?:router\.|client\.get_consumer$)/;

/** A Lua table. */
function tableOf(name: string, bytes: Buffer): unknown {
  let table: unknown;
  try {
    table = JSON.parse(bytes.toString());
  } catch (cause) {
    throw new PdkCallError('ERR_BAD_ANSWER', `the value of ${name} cannot be read`, { cause });
  }
  if (!ENTITIES.test(name)) return table;
  const fields = Object.entries(table as object).filter(([, value]) => value !== null);
  return Object.fromEntries(
    fields.map(([key, value]) => [key.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()), value]),
  );
}
