/** All that IANA has given out for global unicast. The mapped, translated and local ones lie outside. */
const GLOBAL_UNICAST: Prefix = ["2000", 3];

/** Parts of it that are not globally reachable, or that wrap an IPv4 address. */
const NOT_PUBLIC: Prefix[] = [
  // IETF protocol assignments, Teredo and ORCHID among them.
  ["2001", 23],
  ["2001:db8", 32],
  // 6to4.
  ["2002", 16],
  ["3fff", 20],
];

type Prefix = [groups: string, length: number];

/** Whether an address, as the WHATWG URL serializer writes it, is of the public Internet. */
export function isPublicIpv6(address: string): boolean {
  const bits = bitsOf(address);
  const isIn = ([groups, length]: Prefix) =>
    bits.slice(0, length) === bitsOf(`${groups}::`).slice(0, length);
  return isIn(GLOBAL_UNICAST) && !NOT_PUBLIC.some(isIn);
}

function bitsOf(address: string): string {
  const [first = [], last = []] = address
    .split("::")
    .map((part) => part.split(":").filter(Boolean));
  const zeros = new Array<string>(8 - first.length - last.length).fill("0");
  return [...first, ...zeros, ...last]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0"))
    .join("");
}
