/** Thrown if contracts can't be put into force. The message begins with the file's path if one file is at fault. */
export class ContractsError extends Error {
  override readonly name = 'ContractsError';

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(file === '' ? problem : `${file}: ${problem}`, options);
  }
}
