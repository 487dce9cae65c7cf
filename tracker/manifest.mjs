/** The package's own package.json. */

const entry = (file) => ({
  import: { types: `./${file}.d.ts`, default: `./${file}.js` },
  require: { types: `./cjs/${file}.d.ts`, default: `./cjs/${file}.js` },
});

export function manifestOf({ version, license }) {
  return {
    name: 'clickstream-tracker',
    version,
    description: 'Page views, clicks, videos and your own events, kept until Amazon Kinesis has them',
    keywords: ['analytics', 'clickstream', 'tracker', 'events', 'kinesis', 'kong', 'segment', 'web-vitals'],
    license,
    type: 'module',
    // The scripts start the tracker, the rest does nothing by itself.
    sideEffects: ['./*.min.js'],
    main: './cjs/index.js',
    module: './index.js',
    types: './index.d.ts',
    unpkg: './clickstream.min.js',
    jsdelivr: './clickstream.min.js',
    exports: {
      '.': entry('index'),
      './bare': entry('bare'),
      './sources': entry('sources'),
      './web-vitals': entry('web-vitals'),
      './core': entry('core/index'),
      './clickstream.min.js': './clickstream.min.js',
      './package.json': './package.json',
    },
  };
}
