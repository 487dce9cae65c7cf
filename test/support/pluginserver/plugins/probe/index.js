// For tests of the server's process: what an event does is what its instance's configuration says.
class Probe {
  constructor(config, { log }) {
    if (config.refuse) throw new Error('the field refuse must not be set');
    this.config = config;
    log.info({ started: true }, 'the plugin logs through its host');
  }

  async access(kong) {
    const body = await kong.request.getRawBody();
    switch (this.config.does) {
      case 'throw':
        throw new Error('kaput');
      case 'never end':
        return new Promise(() => {});
      case 'throw later':
        setImmediate(() => {
          throw new Error('uncaught, outside of any event');
        });
        void Promise.reject(new Error('unhandled, outside of any event'));
        break;
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
