/** A plugin that adds options to the server's command line, and answers with what they were given. */

let given;

module.exports = {
  Name: 'with-options',
  Options: [
    { flags: '--greeting <word>', description: 'what to answer' },
    { flags: '--never-given <word>', description: 'nothing' },
  ],
  async start({ log, options }) {
    if (options.greeting === 'no') throw new Error('the greeting is none');
    log.info({ options }, 'started');
    given = options;
  },
  Plugin: class {
    warning() {
      return given.greeting === 'beware' ? 'a warning' : undefined;
    }
    access(kong) {
      return kong.response.exit(200, JSON.stringify(given));
    }
  },
};
