/** TypeScript types for the events that the tracker's `track` takes. */

import type { Contract, ContractSet } from '../../plugins/kinesis-ingest/contracts/ContractSet';
import { inlined } from './inlined';
import { isRecord } from './readEvents';

const HEAD = `/** Made by \`kinesis-ingest-contracts types\`: what \`createTracker<Events>()\` takes. */
`;
const PACKAGE = 'json-schema-to-typescript';

/**
 * The newest version of each event that `track` records, limited to the schema's `properties` part.
 *
 * @throws Error if json-schema-to-typescript is not installed
 */
export async function typesOf(contracts: ContractSet): Promise<string> {
  const newest = new Map<string, Contract>();
  for (const contract of contracts.all)
    if (!newest.has(contract.name) && isTracked(contract)) newest.set(contract.name, contract);
  const { compile } = await import('json-schema-to-typescript').catch((cause: unknown) => {
    throw new Error(`types are made by the package ${PACKAGE}: npm install --save-dev ${PACKAGE}`, { cause });
  });
  const events = [...newest.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const schema = {
    title: 'Events',
    type: 'object',
    additionalProperties: false,
    required: events.map(({ name }) => name),
    properties: Object.fromEntries(
      events.map((contract) => [contract.name, propertiesOf(inlined(contract, contracts))]),
    ),
  };
  return (
    HEAD +
    (await compile(schema as never, 'Events', {
      bannerComment: '',
      additionalProperties: true,
      format: true,
      style: { singleQuote: true, printWidth: 110 },
    }))
  );
}

/** Contracts for `page` and `identify` are named by the type, and are not `track` events. */
function isTracked({ name, source }: Contract): boolean {
  const type = partOf(source.schema, 'properties', 'type');
  const other = isRecord(type) && type.const !== undefined && type.const !== 'track';
  return !other && !['page', 'identify', 'track'].includes(name);
}

function propertiesOf(schema: Record<string, unknown>): object {
  const properties = partOf(schema, 'properties', 'properties');
  const { description } = schema;
  return {
    ...(isRecord(properties) ? properties : { type: 'object' }),
    ...(typeof description === 'string' && { description }),
  };
}

function partOf(schema: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((part, name) => (isRecord(part) ? part[name] : undefined), schema);
}
