// Written as the examples of kong-pdk are: CommonJS, no Name, every call awaited, answers as plain values.
class HelloPlugin {
  constructor(config) {
    this.config = config;
  }

  async access(kong) {
    const host = await kong.request.getHeader('host');
    if (host === undefined) {
      return await kong.log.err('unable to get header for request');
    }
    const message = this.config.message || 'hello';
    await Promise.all([
      kong.response.setHeader('x-hello-from-javascript', `Javascript says ${message} to ${host}`),
      kong.response.setHeader('x-javascript-pid', process.pid),
    ]);
  }

  async log(kong) {
    await kong.log.info('log from nodejs');
  }
}

module.exports = {
  Plugin: HelloPlugin,
  Schema: [{ message: { type: 'string' } }],
  Version: '0.1.0',
  Priority: 0,
};
