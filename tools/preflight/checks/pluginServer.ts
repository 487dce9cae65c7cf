import { type Check, fail, pass, warn } from '../Check';
import { PLUGIN } from '../defaults';

export const pluginServer: Check = {
  name: 'plugin-server',
  reason: 'While it doesn’t answer, Kong answers every event with 500.',
  vital: true,
  async run({ host, settings: { socketPath } }) {
    if (host.stat(socketPath) === undefined)
      return warn(`${socketPath} is not there`, 'Start the plugin server: systemctl start kinesis-ingest.');
    const probe = await host.askPluginServer(socketPath);
    if (probe.answered) {
      if (probe.plugins.includes(PLUGIN)) return pass(`it answers, and hosts ${PLUGIN}`);
      return fail(
        `it hosts ${probe.plugins.join(', ') || 'nothing'}`,
        `Kong expects ${PLUGIN} at this socket: look at --plugin.`,
      );
    }
    if (probe.code === 'EACCES')
      return warn(
        'this user may not use the socket',
        'Run it as Kong’s user: sudo -u kong node dist/tools/preflight/main.js. If that may not either, put Kong’s user into the socket’s group.',
      );
    return fail(
      `the socket doesn’t answer: ${probe.code}`,
      'systemctl restart kinesis-ingest, and read its log: journalctl -u kinesis-ingest.',
    );
  },
};
