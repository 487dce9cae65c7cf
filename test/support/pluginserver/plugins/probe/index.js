// For tests of the server's process: what an event does is what its instance's configuration says.
const { existsSync, readFileSync } = require('node:fs');
const { Counter } = require('prom-client');

const bodies = new Counter({ name: 'probe_bodies_total', help: 'Bodies read' });

class Probe {
  constructor(config, { log }) {
    if (config.refuse) throw new Error('the field refuse must not be set');
    this.config = config;
    log.info({ started: true }, 'the plugin logs through its host');
  }

  /** The text of the file that the configuration names, while it is there. */
  health() {
    const { healthFile } = this.config;
    if (this.config.does === 'throw in health') throw new Error('kaput');
    return healthFile && existsSync(healthFile) ? readFileSync(healthFile, 'utf8') : undefined;
  }

  async access(kong) {
    const body = await kong.request.getRawBody();
    bodies.inc();
    switch (this.config.does) {
      case 'throw':
        throw new Error('kaput');
      case 'never end':
        return new Promise(() => {});
      case 'throw later':
        setImmediate(() => {
          throw new Error('outside of any event');
        });
        break;
      case 'reject later':
        void Promise.reject(new Error('outside of any event'));
        break;
      case 'build on a call and wait for nothing':
        void kong.request.getPath().then((path) => path.length);
        return new Promise(() => {});
      case 'exit':
        return kong.response.exit(403, body);
    }
    await kong.service.request.setRawBody(body);
  }
}

module.exports = {
  Plugin: Probe,
  Name: 'Probe',
  Version: '1.2.3',
  Priority: 750,
  Schema: [{ does: { type: 'string' } }],
};
