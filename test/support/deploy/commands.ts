/** Programs of the machine that some tests need, and are skipped without. */

import { execFileSync } from 'node:child_process';

/** @returns whether a program can be run. */
export function isInstalled(command: string, versionArgument = '--version'): boolean {
  try {
    execFileSync(command, [versionArgument], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** @returns what it prints. @throws Error with its output, where it ends with an error */
export function run(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}:\n${stdout}${stderr}`, { cause: error });
  }
}
