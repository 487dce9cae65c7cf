import { type ContractSet, compileContracts } from '../../plugins/kinesis-ingest/contracts/ContractSet';
import { readFolder } from '../../plugins/kinesis-ingest/contracts/readFolder';

/** The contracts of a folder, as the plugin server takes them. @throws ContractsError */
export async function loadContracts(folder: string): Promise<ContractSet> {
  return compileContracts(await readFolder(folder));
}
