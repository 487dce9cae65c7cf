/** Thrown where contracts can't be taken into force; the message begins with the file's path, if one file is at fault. */
export class ContractsError extends Error {
  override readonly name = 'ContractsError';

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(file === '' ? problem : `${file}: ${problem}`, options);
  }
}
