/**
 * All of the IANA IPv4 Special-Purpose Address Registry that is not globally reachable, the relay
 * anycast of 6to4, multicast, the reserved rest, and Azure's platform address.
 */
const NOT_PUBLIC: [base: string, prefixLength: number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Whether a dotted decimal address is of the public Internet. */
export function isPublicIpv4(address: string): boolean {
  const value = toNumber(address);
  return !NOT_PUBLIC.some(([base, prefixLength]) => {
    const size = 2 ** (32 - prefixLength);
    return Math.floor(value / size) === Math.floor(toNumber(base) / size);
  });
}

const toNumber = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
