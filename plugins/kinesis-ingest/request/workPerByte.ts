/**
 * What a byte of events takes beside itself while they are worked on: 4/3 in base64 in the call to Kinesis, and what is noted
 * of each event.
 */
export const WORK_PER_BYTE = 2;
