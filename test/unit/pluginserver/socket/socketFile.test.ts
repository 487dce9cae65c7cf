/** Whose socket lies at the public path, told without a server. */

import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { keepSocket } from '../../../../pluginserver/socket/keepSocket';
import { type SocketFile, socketFile } from '../../../../pluginserver/socket/socketFile';
import { capturedLog } from '../../../support/plugin/capturedLog';

let folder: string;
let socketPath: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sf-'));
  socketPath = path.join(folder, 's');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

/** Puts a file where a server would have bound its socket, and keeps its inode from being used again, as that does. */
function publish(socket: SocketFile, owner: string): void {
  writeFileSync(socket.bindPath, owner);
  const held = openSync(socket.bindPath, 'r');
  onTestFinished(() => closeSync(held));
  socket.publish();
}

function served(owner: string): SocketFile {
  rmSync(socketPath, { force: true });
  const socket = socketFile(socketPath, 0o660);
  publish(socket, owner);
  return socket;
}

describe('the socket’s file', () => {
  it('is gone once it has been published and removed by somebody else', () => {
    const socket = socketFile(socketPath, 0o660);
    expect(socket.gone).toBe(false);
    publish(socket, 'mine');
    expect(socket).toMatchObject({ gone: false, served: true });
    rmSync(socketPath);
    expect(socket).toMatchObject({ gone: true, served: false });
  });

  it('is published anew under another name, the same for every attempt', () => {
    const socket = served('mine');
    const first = socket.bindPath;
    rmSync(socketPath);
    const second = socket.renewBindPath();
    expect(second).not.toBe(first);
    expect(socket.renewBindPath()).toBe(second);
    publish(socket, 'mine again');
    expect(socket).toMatchObject({ gone: false, served: true });
    expect(readdirSync(folder)).toEqual(['s']);
  });

  it('is left to a newer server that has come first', () => {
    const older = served('older');
    rmSync(socketPath);
    older.renewBindPath();
    served('newer');
    expect(older.gone).toBe(false);
    publish(older, 'older again');
    expect(readFileSync(socketPath, 'utf8')).toBe('newer');
    expect(readdirSync(folder)).toEqual(['s']);
  });

  it('is neither gone nor published once this server has removed it', () => {
    const socket = served('mine');
    socket.remove();
    expect(socket.gone).toBe(false);
    publish(socket, 'late');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a server that keeps its socket', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
  });

  it('makes it anew when it is gone, and leaves a newer server’s alone', async () => {
    const socket = served('mine');
    const { log, entries } = capturedLog();
    const makeAnew = vi.fn(() => publish(socket, 'mine again'));
    keepSocket(socket, makeAnew, log);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(makeAnew).not.toHaveBeenCalled();

    rmSync(socketPath);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(makeAnew).toHaveBeenCalledOnce();
    expect(entries).toMatchObject([
      { level: 40, msg: 'the socket is gone: making it anew', socket: socketPath },
    ]);

    rmSync(socketPath);
    writeFileSync(socketPath, 'newer');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(makeAnew).toHaveBeenCalledOnce();
  });

  it('tries until the folder is there again', async () => {
    const socket = served('mine');
    const { log, entries } = capturedLog();
    keepSocket(socket, () => publish(socket, 'mine again'), log);
    rmSync(folder, { recursive: true });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(entries.at(-1)).toMatchObject({ level: 50, msg: 'the socket cannot be made anew' });
    expect(existsSync(socketPath)).toBe(false);
    mkdirSync(folder);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(readFileSync(socketPath, 'utf8')).toBe('mine again');
  });

  it('says so where it cannot even look', async () => {
    const { log, entries } = capturedLog();
    const makeAnew = vi.fn();
    const unseen: SocketFile = {
      ...served('mine'),
      get gone(): boolean {
        throw new Error('EACCES: permission denied');
      },
    };
    keepSocket(unseen, makeAnew, log);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(entries).toMatchObject([{ level: 50, msg: 'the socket cannot be made anew' }]);
    expect(makeAnew).not.toHaveBeenCalled();
  });
});
