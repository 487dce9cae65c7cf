/** What a fault is. */

import type { Rig, ServerSettings } from './rig';

export interface Fault {
  /** For `--only`. */
  name: string;
  /** For the table. */
  title: string;
  /** How long it lasts. Default: 4; 0 for what is over at once. */
  seconds?: number;
  /** How long events flow after it at least. Default: until they are acknowledged again. */
  secondsAfter?: number;
  /** How long it stops the plugin server by itself, which then counts in no deadline. Default: 0. */
  stallsMs?: number;
  settings?: Partial<ServerSettings>;
  inject(rig: Rig): Promise<void> | void;
  /** Absent where nothing needs to be undone. */
  heal?(rig: Rig): Promise<void> | void;
}

export const DEFAULT_FAULT_SECONDS = 4;
