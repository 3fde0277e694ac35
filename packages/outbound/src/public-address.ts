import { BlockList, isIP } from 'node:net';

/** All that is not globally reachable, and multicast. https://www.iana.org/assignments/iana-ipv4-special-registry */
const NOT_PUBLIC_4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Within 2000::/3, which alone is given out. https://www.iana.org/assignments/iana-ipv6-special-registry */
const NOT_PUBLIC_6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const blocked = new BlockList();
for (const [net, prefix] of NOT_PUBLIC_4) blocked.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of NOT_PUBLIC_6) blocked.addSubnet(net, prefix, 'ipv6');

const given = new BlockList();
given.addSubnet('2000::', 3, 'ipv6');
/** IPv4 addresses that are written as IPv6 ones: mapped, and behind a translator (NAT64). */
const mapped = new BlockList();
mapped.addSubnet('::ffff:0:0', 96, 'ipv6');
mapped.addSubnet('64:ff9b::', 96, 'ipv6');

/** Whether anybody on the Internet could reach it: neither this machine, nor its network, nor its cloud's metadata. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !blocked.check(address, 'ipv4');
    case 6: {
      // A zone (`fe80::1%eth0`) names an interface of this machine.
      if (address.includes('%')) return false;
      if (mapped.check(address, 'ipv6')) return isPublicAddress(embedded(address));
      return given.check(address, 'ipv6') && !blocked.check(address, 'ipv6');
    }
    default:
      return false;
  }
}

/** The IPv4 address in the last 32 bits. */
function embedded(address: string): string {
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  // The URL parser writes any IPv6 address in one way: without dots.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':');
  const [high, low] = groups.slice(-2).map((group) => Number.parseInt(group === '' ? '0' : group, 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
