import type { Contract, ContractSet } from '../../plugins/kinesis-ingest/contracts/ContractSet';
import { type SchemaFile, targetOf } from '../../plugins/kinesis-ingest/contracts/checkSchema';
import { isRecord } from './readEvents';

/** A contract's schema with all its references written out. None is circular. */
export function inlined({ source }: Contract, { files }: ContractSet): Record<string, unknown> {
  const byUri = new Map(files.map((file) => [file.uri, file]));

  function written(value: unknown, file: SchemaFile): unknown {
    if (Array.isArray(value)) return value.map((item) => written(item, file));
    if (!isRecord(value)) return value;
    const { $ref, ...rest } = value;
    const own = Object.fromEntries(Object.entries(rest).map(([name, part]) => [name, written(part, file)]));
    if (typeof $ref !== 'string') return $ref === undefined ? own : { $ref: written($ref, file), ...own };
    const target = targetOf($ref, file, byUri);
    return { ...(written(target.part, target.file) as object), ...own };
  }

  return written(source.schema, source) as Record<string, unknown>;
}
