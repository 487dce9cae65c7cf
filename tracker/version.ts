/** The package's version; a test compares them. */
export const VERSION = '0.1.0';
