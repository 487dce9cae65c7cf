/** Folders of contracts for tests. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A contract of a shop. */
export const PRODUCT_ADDED = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  'x-event': 'Product Added',
  'x-version': 2,
  type: 'object',
  required: ['properties'],
  properties: {
    properties: {
      type: 'object',
      required: ['sku', 'price'],
      additionalProperties: false,
      properties: {
        sku: { type: 'string', pattern: '^L-[0-9]{2}$' },
        price: { type: 'number', minimum: 0 },
      },
    },
  },
};

export const FITTING = { type: 'track', event: 'Product Added', properties: { sku: 'L-01', price: 189 } };
export const VIOLATING = { ...FITTING, properties: { sku: 'L-01', price: 'a secret text' } };

export function contractFolder(
  files: Record<string, unknown> = { 'product-added.json': PRODUCT_ADDED },
): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'contracts-'));
  writeContracts(folder, files);
  return folder;
}

/** Texts as they are, anything else as JSON. */
export function writeContracts(folder: string, files: Record<string, unknown>): void {
  for (const [file, content] of Object.entries(files)) {
    const place = path.join(folder, file);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, typeof content === 'string' ? content : JSON.stringify(content));
  }
}

/** The folder goes with the test that calls it. */
export function contractFolderForTest(files?: Record<string, unknown>): string {
  const folder = contractFolder(files);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
