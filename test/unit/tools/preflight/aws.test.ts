/** The way to Kinesis: clock, endpoint, credentials. */

import { expect, test } from 'vitest';
import { answerAt, find, NOW, settingsWith } from '../../../support/tools/fakeHost';
import { down, testFindings } from '../../../support/tools/findings';

testFindings({
  clock: [
    ['less than the header can tell', { ask: async () => answerAt(-0.9) }, 'pass', /to the second/],
    ['three seconds', { ask: async () => answerAt(3) }, 'pass', /3 s behind/],
    ['a minute behind', { ask: async () => answerAt(60) }, 'warn', /60 s behind/],
    ['a minute before', { ask: async () => answerAt(-60) }, 'warn', /5\d s before/],
    ['five minutes behind', { ask: async () => answerAt(300) }, 'fail', /300 s behind/],
    ['five minutes before', { ask: async () => answerAt(-300) }, 'fail', /29\d s before/],
    ['offline', down('ENOTFOUND'), 'warn', /nothing to compare with: ENOTFOUND/],
    [
      'an answer without Date',
      { ask: async () => ({ answered: true, status: 200, date: undefined, startedAt: NOW, endedAt: NOW }) },
      'warn',
      /no Date/,
    ],
  ],
  'kinesis-endpoint': [
    ['offline', down('EAI_AGAIN'), 'warn', /EAI_AGAIN/],
    ['a certificate nobody knows', down('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'fail', /LEAF_SIGNATURE/],
    ['a certificate that has ended', down('CERT_HAS_EXPIRED'), 'fail', /EXPIRED/],
    ['another’s certificate', down('ERR_TLS_CERT_ALTNAME_INVALID'), 'fail', /ALTNAME/],
  ],
  credentials: [
    [
      'keys in the environment',
      {
        findCredentials: async () => ({
          found: true,
          providers: ['CREDENTIALS_ENV_VARS'],
          temporary: false,
          expiration: undefined,
        }),
      },
      'warn',
      /environment variables, without an end/,
    ],
    [
      'a web identity',
      {
        findCredentials: async () => ({
          found: true,
          providers: ['CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN', 'CREDENTIALS_STS_ASSUME_ROLE_WEB_ID'],
          temporary: true,
          expiration: NOW + 600_000,
        }),
      },
      'pass',
      /^from web identity \(IRSA\), for 10 minutes$/,
    ],
    [
      'a session that has ended',
      {
        findCredentials: async () => ({
          found: true,
          providers: ['CREDENTIALS_SSO'],
          temporary: true,
          expiration: NOW - 120_000,
        }),
      },
      'fail',
      /ended 2 minutes ago/,
    ],
    [
      'none, where Kinesis can be reached',
      { findCredentials: async () => ({ found: false, reason: 'no provider' }) },
      'fail',
      /none found: no provider/,
    ],
    [
      'none, offline',
      { ...down('ENOTFOUND'), findCredentials: async () => ({ found: false, reason: 'no provider' }) },
      'warn',
      /none found/,
    ],
  ],
});

test('an endpoint that was named and doesn’t answer fails', async () => {
  const settings = settingsWith({ endpoint: 'http://localstack:4566', endpointGiven: true });
  expect(await find('kinesis-endpoint', down('ECONNREFUSED'), settings)).toMatchObject({ status: 'fail' });
  expect(await find('kinesis-endpoint', {}, settings)).toMatchObject({
    status: 'warn',
    message: expect.stringContaining('without TLS'),
  });
});
