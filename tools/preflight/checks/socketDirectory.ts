import path from 'node:path';
import { type Check, fail, pass, warn } from '../Check';

const WORLD = 0o007;
const WORLD_WRITABLE = 0o002;

export const socketDirectory: Check = {
  name: 'socket-directory',
  reason: 'Whoever may use the socket may send events with the role’s rights: Kong’s group, and nobody else.',
  vital: true,
  run({ host, settings: { socketPath } }) {
    const directory = path.dirname(socketPath);
    const found = host.stat(directory);
    if (found === undefined)
      return warn(
        `${directory} is not there`,
        'The plugin server’s unit makes it (RuntimeDirectory), a container its volume: start it first.',
      );
    if (found.kind !== 'directory') return fail(`${directory} is no directory`, 'Remove what is there.');
    const mode = `0${found.mode.toString(8)}`;
    if (found.mode & WORLD_WRITABLE)
      return fail(
        `${directory} has mode ${mode}: everybody may put another socket in its place`,
        `chmod 0750 ${directory}`,
      );
    const socket = host.stat(socketPath);
    if (socket !== undefined && socket.mode & WORLD_WRITABLE && found.mode & WORLD)
      return warn(
        `everybody on this machine may use ${socketPath}`,
        'Start the plugin server with --socket-mode 0660 and Kong’s group, or give its directory mode 0750.',
      );
    return pass(`${directory} has mode ${mode}`);
  },
};
