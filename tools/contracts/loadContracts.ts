import { type ContractSet, compileContracts } from '../../plugins/kinesis-ingest/contracts/ContractSet';
import { readFolder } from '../../plugins/kinesis-ingest/contracts/readFolder';

/** The contracts in a folder, as the plugin server reads them. @throws ContractsError */
export async function loadContracts(folder: string): Promise<ContractSet> {
  return compileContracts(await readFolder(folder));
}
