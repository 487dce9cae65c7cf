/** What the command lines of this folder have in common: numbers are checked, and wrong use ends with 2. */

import { Command, InvalidArgumentError } from 'commander';
import { VERSION } from '../pluginserver/commandLine';

/** Wrong use, or nothing to measure; 1 is for targets that were missed and promises that were broken. */
const EXIT_CODE = 2;

export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('expected a number above 0.');
  return value;
}

export function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('expected a number, 0 or more.');
  return value;
}

export function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number, 1 or more.');
  return value;
}

/** @returns a parser for numbers with commas between them */
export function counts(text: string): number[] {
  return text.split(',').map(count);
}

/** @param examples a line each, without the prompt */
export function command(name: string, description: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(description)
    .version(VERSION)
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ npm run ${line}`).join('\n')}`)
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_CODE));
}

/** Runs it; an error is told in one line. */
export function run(main: () => Promise<void>): void {
  main().catch((error: Error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = EXIT_CODE;
  });
}
