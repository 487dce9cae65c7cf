/** What becomes of a bad event: the events that a module of yours makes of it. */

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { v5 as uuidV5 } from 'uuid';
import type { BadEvent, BadRecord } from './badEvent';

type Made = string | Record<string, unknown>;

/**
 * A module's default export.
 *
 * @param bytes the refused bytes, perhaps not all of them (`bad.truncated`)
 * @returns an event or several, as objects or as JSON text, which keeps all digits; null or undefined for none
 */
export type Transformation = (
  bad: Readonly<BadEvent>,
  bytes: Buffer,
) => Made | readonly Made[] | null | undefined | Promise<Made | readonly Made[] | null | undefined>;

/** @throws Error where the module has no function as its default export */
export async function loadTransformation(file: string): Promise<Transformation> {
  const loaded = (await import(pathToFileURL(path.resolve(file)).href)) as { default?: unknown };
  if (typeof loaded.default !== 'function') throw new Error(`${file} has no function as its default export`);
  return loaded.default as Transformation;
}

/** Made up for this tool: ids of another origin never collide with its own. */
const NAMESPACE = '5f0d7a40-9d0e-4c5d-8b52-0b8a3d1f6c11';

/**
 * The texts of the events to send. Each has a `messageId`, from which the gateway makes its `event_id`: its own, or one that
 * follows from where the bad event stands in its stream, so that what is sent twice has the same.
 *
 * @throws Error naming the place, where the transformation fails or makes something else than objects
 */
export async function eventsFor({ place, event }: BadRecord, transform: Transformation): Promise<string[]> {
  if (event === undefined) return [];
  const bytes = Buffer.from(event.raw ?? event.raw_base64 ?? '', event.raw === undefined ? 'base64' : 'utf8');
  try {
    const made = (await transform(event, bytes)) ?? [];
    const all = Array.isArray(made) ? (made as Made[]) : [made as Made];
    return all.map((one, i) => withMessageId(one, uuidV5(`${place}:${i}`, NAMESPACE)));
  } catch (error) {
    throw new Error(`the transformation failed at ${place}: ${(error as Error).message}`, { cause: error });
  }
}

function withMessageId(made: Made, id: string): string {
  const text = (typeof made === 'string' ? made : JSON.stringify(made)).trim();
  const event: unknown = JSON.parse(text);
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw new Error('what it made is no object');
  if (typeof (event as { messageId?: unknown }).messageId === 'string') return text;
  // At the end, where it wins over another kind of messageId.
  const comma = Object.keys(event).length > 0 ? ',' : '';
  return `${text.slice(0, -1)}${comma}"messageId":"${id}"}`;
}
