/**
 * The bytes a process may have in work: incoming frames, what plugins make of them, and what waits to be written.
 * Each holder has its own reservation, and the budget is the sum of them all.
 */

import type net from 'node:net';
import os from 'node:os';
import type { Memory, Reservation } from './pdk';

/** Too few bytes to refuse: without them no event could even be answered. */
const ALWAYS_TAKEN_BYTES = 4 * 1024;
/** A holder whose client isn't known yet gets this part of what is free, so small requests still find room. */
const SHARE_OF_UNKNOWN = 1 / 8;
/** A client may hold this part of what it leaves free. */
const SHARE_OF_CLIENT = 1 / 4;
/** A client's only request may fill the budget up to here; otherwise it would be refused forever. */
const SHARE_OF_ONLY_REQUEST = 1 / 2;

/** Number of client accounts; beyond it, those that hold nothing are forgotten. */
const KEPT_ACCOUNTS = 10_000;

interface Account {
  bytes: number;
}

export interface WorkBudget extends Memory {
  /** Bytes. */
  readonly limit: number;
  readonly used: number;
  /** For a client, or for one not known yet. */
  reserve(client?: string): CountedReservation;
}

export interface CountedReservation extends Reservation {
  readonly bytes: number;
  /** Counts bytes that already exist, whether there is room or not. */
  add(bytes: number): void;
}

/**
 * What a client may hold depends on what it leaves free: one alone gets a fifth of the budget, two get a sixth each. So there
 * is always room for one more client, and nobody has to choose a limit.
 */
export function createWorkBudget(limit: number): WorkBudget {
  let used = 0;
  const accounts = new Map<string, Account>();

  /** Empty accounts are kept, since an address usually sends its next event soon. */
  function accountOf(client: string): Account {
    let account = accounts.get(client);
    if (account === undefined) {
      if (accounts.size >= KEPT_ACCOUNTS) {
        for (const [each, { bytes }] of accounts) if (bytes === 0) accounts.delete(each);
      }
      account = { bytes: 0 };
      accounts.set(client, account);
    }
    return account;
  }

  class Held implements CountedReservation {
    bytes = 0;
    private account: Account | undefined;

    constructor(private readonly client: string | undefined) {}

    grow(bytes: number): boolean {
      if (!this.hasRoom(bytes)) return false;
      this.add(bytes);
      return true;
    }

    add(bytes: number): void {
      this.bytes += bytes;
      used += bytes;
      if (this.account !== undefined) this.account.bytes += bytes;
    }

    shrink(bytes: number): void {
      this.add(-Math.min(bytes, this.bytes));
    }

    release(): void {
      if (this.bytes > 0) this.add(-this.bytes);
    }

    private hasRoom(bytes: number): boolean {
      if (this.client === undefined)
        return bytes <= ALWAYS_TAKEN_BYTES || bytes <= (limit - used) * SHARE_OF_UNKNOWN;
      // While this was empty, its account may have been forgotten.
      if (this.bytes === 0 || this.account === undefined) this.account = accountOf(this.client);
      const held = this.account.bytes;
      if (held + bytes <= (limit - used - bytes) * SHARE_OF_CLIENT) return true;
      return held === this.bytes && used + bytes <= limit * SHARE_OF_ONLY_REQUEST;
    }
  }

  return {
    limit,
    get used() {
      return used;
    },
    reserve: (client) => new Held(client),
  };
}

/** What an open connection takes, including the event that waits on it for an answer: 15 KB were measured. */
export const CONNECTION_BYTES = 16 * 1024;

/** Counts a connection until it is closed. */
export function countConnection(socket: net.Socket, budget: WorkBudget): void {
  const open = budget.reserve();
  open.add(CONNECTION_BYTES);
  socket.on('close', () => open.release());
}

/**
 * Counts what waits in a socket to be written, unless it is less than Node.js buffers anyway (16 KB).
 *
 * @returns to be called after each write
 */
export function countUnwritten(socket: net.Socket, budget: WorkBudget): () => void {
  const unwritten = budget.reserve();
  const release = () => unwritten.release();
  socket.on('drain', release).on('close', release);
  return () => {
    if (!socket.writableNeedDrain) return;
    unwritten.release();
    unwritten.add(socket.writableLength);
  };
}

const MIB = 1024 * 1024;

/**
 * What a process takes besides the bytes in work: the program (80 MB after a start, 130 after minutes of load), and bodies
 * of finished events that wait for the garbage collector.
 */
const BESIDE_WORK_BYTES = 192 * MIB;
/** Room for one request of the largest size, whatever the machine. */
const LEAST_WORK_BYTES = 32 * MIB;
/** About what a core gets through in a second. More in hand would only make everybody wait. */
const MOST_WORK_BYTES = 256 * MIB;
/** A process without its own limit leaves the rest of the machine to Kong. */
const SHARE_OF_MACHINE = 1 / 4;

/**
 * The default of `--max-work-bytes` for each worker: half of what the process may use beyond its own needs. The other half is
 * for what the budget can't see (docs/reliability.md has the figures).
 *
 * @param constrained the limit of the process's cgroup; undefined, or a value beyond the machine's memory, means none
 */
export function defaultWorkBytes(
  workers: number,
  constrained: number | undefined = process.constrainedMemory(),
  machine = os.totalmem(),
): number {
  const isLimited = constrained !== undefined && constrained > 0 && constrained < machine;
  const memory = (isLimited ? constrained : machine * SHARE_OF_MACHINE) / workers;
  const half = (memory - BESIDE_WORK_BYTES) / 2;
  return Math.round(Math.min(MOST_WORK_BYTES, Math.max(LEAST_WORK_BYTES, half)));
}
