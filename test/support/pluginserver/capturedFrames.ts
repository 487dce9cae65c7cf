/** The frames captured from a real Kong; `test/fixtures/README.md` says how. */

import frames from '../../fixtures/kong-3.9.3-protobuf-frames.json';

export interface CapturedFrame {
  /** Position in the fixture, for messages. */
  index: number;
  connection: number;
  from: 'kong' | 'server';
  what: string;
  bytes: Buffer;
}

export const CAPTURED_FRAMES: readonly CapturedFrame[] = frames.flatMap((entry, index) => {
  if (entry.hex === undefined) return [];
  const { connection, from, what, hex } = entry;
  return [{ index, connection, from: from as 'kong' | 'server', what, bytes: Buffer.from(hex, 'hex') }];
});

/** The PDK method whose arguments or answer a frame carries. */
export function methodIn(what: string): string | undefined {
  return /^(?:arguments|answer) of (.+)$/.exec(what)?.[1];
}

/** The instance that the captured server started, and the second at which it did. */
export const CAPTURED_INSTANCE_ID = 7;
export const CAPTURED_STARTED_AT = 1_700_000_000;
