/** The formats that a contract may name. Others are refused. */

import type Ajv2020 from 'ajv/dist/2020';
import addFormats, { type FormatName } from 'ajv-formats';
import { fullFormats } from 'ajv-formats/dist/formats';

const EXACT: FormatName[] = ['date', 'time', 'duration', 'uuid', 'ipv4', 'ipv6', 'json-pointer'];
/** Formats whose exact forms are long patterns for JavaScript's engine. */
const ROUGH: FormatName[] = ['uri', 'uri-reference', 'email', 'hostname'];

/** A time in UTC on a day that every month has. Nearly all are like this, and checking one takes a fifth of the time. */
const USUAL_TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/;
const exactTime = fullFormats['date-time'] as { validate(text: string): boolean };

export function addContractFormats(ajv: Ajv2020): void {
  addFormats.default(ajv, { mode: 'full', formats: EXACT });
  addFormats.default(ajv, { mode: 'fast', formats: ROUGH });
  ajv.addFormat('date-time', (text: string) => USUAL_TIME.test(text) || exactTime.validate(text));
}
