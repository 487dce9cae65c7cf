/** Vitest's global setup: builds `dist/` from the sources before the first test and before each re-run in watch mode. */

import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';

export default function setup(project: TestProject): void {
  build();
  project.onTestsRerun(build);
}

/** Incremental: it takes two seconds where nothing has changed. @throws Error with the compiler's output */
function build(): void {
  try {
    execFileSync('npm', ['run', '--silent', 'build'], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`the sources do not build:\n${stdout}${stderr}`);
  }
}
