import { type Check, fail, pass } from '../Check';

const LEAST = [20, 19] as const;

export const nodeVersion: Check = {
  name: 'node-version',
  reason: 'The plugin server needs Node.js 20.19 or newer.',
  vital: true,
  run({ host }) {
    const [major = 0, minor = 0] = host.nodeVersion.replace(/^v/, '').split('.').map(Number);
    const enough = major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
    if (enough) return pass(`Node.js ${host.nodeVersion}`);
    return fail(`Node.js ${host.nodeVersion}`, `Install Node.js ${LEAST.join('.')} or newer.`);
  },
};
