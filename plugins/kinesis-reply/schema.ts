/** The plugin's configuration as Kong's Admin API checks it. */

export const DEFAULT_RETRY_AFTER_SECONDS = 1;

export const Schema = [
  {
    retry_after: {
      type: 'integer',
      description: 'Seconds that a client is told to wait (Retry-After) if sending again makes sense.',
      default: DEFAULT_RETRY_AFTER_SECONDS,
      between: [1, 3600],
    },
  },
] as const;
