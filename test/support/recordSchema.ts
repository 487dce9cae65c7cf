/** docs/record.schema.json as a validator. */

import { readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import Ajv2020 from 'ajv/dist/2020';

export interface Described {
  type?: string;
  enum?: string[];
  description?: string;
  $ref?: string;
  anyOf?: Described[];
  required?: string[];
  properties?: Record<string, Described>;
}

type Part = 'event' | 'trackerEvent' | 'badEvent';

export const RECORD_SCHEMA = JSON.parse(readFileSync('docs/record.schema.json', 'utf8')) as {
  $id: string;
  $defs: Record<Part | 'address' | 'time', Described>;
};

const ajv = new Ajv2020({
  strict: true,
  // A part of the schema says what is in addition to another part.
  strictRequired: false,
  allErrors: true,
  formats: { ipv4: isIPv4, ipv6: isIPv6 },
});
ajv.addSchema(RECORD_SCHEMA);

/** @returns what is wrong with a record; empty where it is as the schema says */
export function faultsOf(record: unknown, part: Part): string[] {
  const validate = ajv.getSchema(`${RECORD_SCHEMA.$id}#/$defs/${part}`)!;
  validate(record);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
