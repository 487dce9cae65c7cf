import { type Check, pass, warn } from '../Check';

/** AWS's drivers for enhanced networking: Nitro's, and that of older instance types. */
const ENHANCED = ['ena', 'ixgbevf'];

const NETWORK = '/sys/class/net';

export const enhancedNetworking: Check = {
  name: 'enhanced-networking',
  reason: 'Without it an EC2 instance handles fewer packets, with more delay and more CPU for each.',
  run({ host }) {
    if (!isEc2(host.readText('/sys/class/dmi/id/sys_vendor'), host.readText('/sys/hypervisor/uuid')))
      return pass('this is no EC2 instance, or a container that can’t tell');
    const drivers = host
      .list(NETWORK)
      .map((name) => host.readLink(`${NETWORK}/${name}/device/driver`)?.split('/').at(-1))
      .filter((driver) => driver !== undefined);
    const enhanced = drivers.find((driver) => ENHANCED.includes(driver));
    if (enhanced !== undefined) return pass(`driver ${enhanced}`);
    return warn(
      drivers.length > 0 ? `driver ${drivers.join(', ')}` : 'no network device shows its driver',
      'Choose an instance type on Nitro and an image with the ena driver, and see that the image has ENA support: aws ec2 describe-images --query "Images[].EnaSupport".',
    );
  },
};

function isEc2(vendor: string | undefined, hypervisorUuid: string | undefined): boolean {
  return /^Amazon EC2/i.test(vendor ?? '') || /^ec2/i.test(hypervisorUuid ?? '');
}
