/**
 * What each byte of events takes besides itself while it is worked on: 4/3 in base64 in the call to Kinesis, and the notes
 * on each event.
 */
export const WORK_PER_BYTE = 2;
