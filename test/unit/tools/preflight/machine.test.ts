import { expect, test } from 'vitest';
import { find, settingsWith } from '../../../support/tools/fakeHost';
import { testFindings } from '../../../support/tools/findings';

const limits = (soft: string) => ({
  '/proc/self/limits': `Max open files            ${soft}                1048576              files\n`,
});

testFindings({
  'node-version': [
    ['20.19 is enough', { nodeVersion: 'v20.19.0' }, 'pass', /v20\.19/],
    ['20.18 is too old', { nodeVersion: 'v20.18.3' }, 'fail', /v20\.18/],
    ['9 is not newer than 20', { nodeVersion: 'v9.99.0' }, 'fail', /v9/],
  ],
  'enhanced-networking': [
    [
      'the driver of older types',
      { links: { '/sys/class/net/eth0/device/driver': '../ixgbevf' } },
      'pass',
      /ixgbevf/,
    ],
    ['a driver without it', { links: { '/sys/class/net/eth0/device/driver': '../vif' } }, 'warn', /vif/],
    ['no driver to be seen', { links: {} }, 'warn', /no network device/],
    [
      'another vendor’s machine',
      { links: {}, files: { '/sys/class/dmi/id/sys_vendor': 'QEMU\n' } },
      'pass',
      /no EC2 instance/,
    ],
    [
      'an older instance, known by its hypervisor',
      { links: {}, files: { '/sys/class/dmi/id/sys_vendor': 'Xen', '/sys/hypervisor/uuid': 'ec2a1b2c\n' } },
      'warn',
      /no network device/,
    ],
  ],
  'file-descriptors': [
    ['unlimited', { files: limits('unlimited') }, 'pass', /unlimited/],
    ['the limit of many a shell', { files: limits('20000') }, 'warn', /20000/],
    ['the limit of most shells', { files: limits('1024') }, 'fail', /1024/],
    ['no /proc', { files: { '/proc/self/limits': undefined } }, 'warn', /can’t be read/],
  ],
  'listen-backlog': [
    ['the kernel’s default', { files: { '/proc/sys/net/core/somaxconn': '4096\n' } }, 'warn', /4096.*16384/],
    ['no /proc', { files: { '/proc/sys/net/core/somaxconn': undefined } }, 'warn', /can’t be read/],
  ],
});

test('file-descriptors looks at the process that is named', async () => {
  const files = { '/proc/42/limits': limits('512')['/proc/self/limits'] };
  expect(await find('file-descriptors', { files }, settingsWith({ pid: '42' }))).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('process 42'),
  });
});
