/** Numbers of the frame format; README.md says what they mean. */

/** First bytes of every frame; the last one is the format's version. */
export const MAGIC = 'FRN2';

/** Kinds of reply. */
export const CALLS = 0x63;
export const UNKNOWN_CONFIG = 0x75;
export const BYE = 0x62;

/** Kinds of value. */
export const TEXT = 0x73;
export const NUMBER = 0x64;
export const BOOLEAN = 0x62;
export const NIL = 0x7a;
export const JSON_TEXT = 0x6a;
export const HEADERS = 0x68;
export const FAILURE = 0x65;
export const IN_FILE = 0x66;
export const TOO_LARGE = 0x6f;
export const COUNT = 0x63;
export const MAP = 0x6d;
export const BYTES = 0x72;
export const REMOVED = 0x78;
