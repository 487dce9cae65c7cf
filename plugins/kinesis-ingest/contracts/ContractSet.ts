/** The contracts of a folder, compiled. */

import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { ContractsError } from './ContractsError';
import { checkSchemas, type SchemaFile } from './checkSchema';
import { addContractFormats } from './formats';
import { linearPattern } from './linearPattern';
import { knowOwnNamesOnly } from './ownNames';
import type { Sources } from './readFolder';
import { violationsOf } from './violations';

/** What events of this name and version must look like. */
export interface Contract {
  readonly name: string;
  readonly version: number;
  readonly source: SchemaFile;
  /** Events that were compared with it. */
  readonly counts: { ok: number; violated: number };
  /**
   * @param bytes of the event's text and of the earlier events of its request that violated their contracts
   * @returns undefined if the event conforms to the contract, else its violations in words
   */
  check(event: unknown, bytes: number): string[] | undefined;
}

export interface ContractSet {
  /** By name, then by version. */
  readonly all: readonly Contract[];
  /** All files, including those that others refer to. */
  readonly files: readonly SchemaFile[];
  /** Events for which there was no contract. */
  readonly counts: { unknown: number };
  /** @param version as text; undefined for the newest */
  find(name: string, version?: string): Contract | undefined;
}

/** Beyond this, only the first violation is reported: finding all of them costs memory for each, and far more time. */
const MAX_EXPLAINED_BYTES = 16 * 1024;

/** The name and version that a file's contract is for. A file without a name is there for others to refer to. */
const NAME = 'x-event';
const VERSION = 'x-version';
/** Unless a file's own `$id` says otherwise, files refer to each other by their paths. */
const BASE = 'contracts://folder/';

/**
 * @param pause called between the contracts: each takes a few milliseconds, in which no event is handled
 * @throws ContractsError for the first file that can't be taken
 */
export async function compileContracts(
  sources: Sources,
  pause: () => Promise<unknown> = async () => undefined,
): Promise<ContractSet> {
  const files = [...sources].map(([file, text]) => parsed(file, text));
  const referred = checkSchemas(files);
  for (const { file, schema } of files) {
    inFile(file, () => void metaSchemas().validateSchema(schema, true));
    await pause();
  }
  const first = ajvOf(files, false);
  const every = ajvOf(files, true);
  const byName = new Map<string, Contract[]>();
  for (const file of files) {
    const id = idOf(file);
    const validate = compiled(first, file);
    await pause();
    // If a contract's name were forgotten, nobody would notice that nothing is ever checked by it.
    if (id === undefined && !referred.has(file.uri))
      throw new ContractsError(file.file, `has no ${NAME}, and no other file refers to it`);
    if (id === undefined) continue;
    const contract = contractOf(id, file, validate, every);
    const versions = byName.get(id.name) ?? [];
    byName.set(id.name, versions);
    const twin = versions.find(({ version }) => version === id.version);
    if (twin !== undefined)
      throw new ContractsError(
        file.file,
        `${twin.source.file} is for ${id.name} (version ${id.version}) too`,
      );
    versions.push(contract);
    versions.sort((a, b) => b.version - a.version);
  }
  return {
    all: [...byName.values()].flat(),
    files,
    counts: { unknown: 0 },
    find(name, version) {
      const versions = byName.get(name);
      return version === undefined
        ? versions?.[0]
        : versions?.find((contract) => String(contract.version) === version);
    },
  };
}

function parsed(file: string, text: string): SchemaFile {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw new ContractsError(file, `is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new ContractsError(file, 'is no JSON object');
  const { $id } = schema as { $id?: unknown };
  const own = BASE + file.split('/').map(encodeURIComponent).join('/');
  if ($id === undefined) return { file, uri: own, schema: schema as SchemaFile['schema'] };
  if (typeof $id !== 'string' || !URL.canParse($id, own) || $id.includes('#'))
    throw new ContractsError(file, '$id is no URI without a fragment');
  return { file, uri: new URL($id, own).href, schema: schema as SchemaFile['schema'] };
}

let meta: Ajv2020 | undefined;

/** The schema of schemas is compiled once: it takes longer than most contracts. */
function metaSchemas(): Ajv2020 {
  meta ??= new Ajv2020({ strict: false, logger: false });
  return meta;
}

/** Names that every object has, as JSON. */
const NAMES_OF_ALL = new RegExp(`"(?:${Object.getOwnPropertyNames(Object.prototype).join('|')})"`);

/** In ajv's strict mode, whatever it doesn't know is a mistake. */
function ajvOf(files: readonly SchemaFile[], allErrors: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    // A name may be required in one part and described in another.
    strictRequired: false,
    allowUnionTypes: true,
    allErrors,
    validateSchema: false,
    // Otherwise every event would have a `constructor`. The check takes time, and few contracts name one.
    ownProperties: files.some(({ schema }) => NAMES_OF_ALL.test(JSON.stringify(schema))),
    // 19.99 is a multiple of 0.01 to everybody but a computer.
    multipleOfPrecision: 9,
    code: { regExp: linearPattern },
    logger: false,
  });
  ajv.addVocabulary([NAME, VERSION]);
  knowOwnNamesOnly(ajv);
  addContractFormats(ajv);
  for (const { file, uri, schema } of files) inFile(file, () => ajv.addSchema({ ...schema, $id: uri }));
  return ajv;
}

function compiled(ajv: Ajv2020, { file, uri }: SchemaFile): ValidateFunction {
  return inFile(file, () => ajv.getSchema(uri)!);
}

/** @throws ContractsError with the file that is at fault */
function inFile<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new ContractsError(file, (error as Error).message, { cause: error });
  }
}

function idOf({ file, schema }: SchemaFile): Pick<Contract, 'name' | 'version'> | undefined {
  const { [NAME]: name, [VERSION]: version = 1 } = schema;
  if (name === undefined) return undefined;
  if (typeof name !== 'string' || name === '' || name.length > 200)
    throw new ContractsError(file, `${NAME} is no text of 1 to 200 characters`);
  if (!Number.isSafeInteger(version) || (version as number) < 0)
    throw new ContractsError(file, `${VERSION} is no whole number from 0`);
  return { name, version: version as number };
}

function contractOf(
  id: Pick<Contract, 'name' | 'version'>,
  file: SchemaFile,
  validate: ValidateFunction,
  every: Ajv2020,
): Contract {
  return {
    ...id,
    source: file,
    counts: { ok: 0, violated: 0 },
    check(event, bytes) {
      if (validate(event)) return undefined;
      let errors = validate.errors!;
      if (bytes <= MAX_EXPLAINED_BYTES) {
        const explain = compiled(every, file);
        explain(event);
        errors = explain.errors ?? errors;
      }
      return violationsOf(errors);
    },
  };
}
