import { expect, test } from "vitest";
import { publicUrlProblem } from "../../../src/config/webhook-endpoints.ts";

const PRIVATE = "the url leads to a private or reserved address";

const PUBLIC = [
  "https://hooks.example.com/in",
  "https://hooks.example.com:8443/in?x=1",
  "https://hooks.example.com./in",
  "https://bücher.example/",
  "https://localhost.example.com/",
  "https://internal.example.com/",
  "https://10.example.com/",
  "https://1.1.1.1/",
  "https://168.63.129.15/",
  "https://168.63.129.17/",
  "https://9.255.255.255/",
  "https://11.0.0.0/",
  "https://100.63.255.255/",
  "https://100.128.0.0/",
  "https://172.15.255.255/",
  "https://172.32.0.0/",
  "https://192.167.255.255/",
  "https://198.17.255.255/",
  "https://198.20.0.0/",
  "https://223.255.255.255/",
  "https://[2606:4700:4700::1111]/",
  "https://[2a00:1450:4001:81b::200e]:8443/",
];

const LOOPBACK = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "127.255.255.254",
  "127.0.0.1.",
  "2130706433",
  "017700000001",
  "0x7f000001",
  "0x7f.0.0.1",
  "0x7F.0x0.0x0.0x1",
  "0177.0.0.1",
  "0177.0.0.01",
  "00000177.1",
  "%31%32%37.0.0.1",
  "127%2e0%2e0%2e1",
  "１２７.０.０.１",
  "①②⑦.⓪.⓪.①",
  "127。0。0。1",
  "127．0．0．1",
  "0",
  "0.0.0.0",
  "0x0",
];
const METADATA = [
  "169.254.169.254",
  "169.254.43518",
  "2852039166",
  "0xA9FEA9FE",
  "0251.0376.0251.0376",
  "0xa9.0xfe.0xa9.0xfe",
  "025177524776",
  "100.100.100.200",
  "192.0.0.192",
  "169.254.170.2",
  "168.63.129.16",
  "metadata.google.internal",
  "METADATA.GOOGLE.INTERNAL.",
  "metadata.goog",
];
const RESERVED = [
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "100.127.255.255",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "192.0.2.1",
  "192.88.99.1",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "239.255.255.250",
  "240.0.0.1",
  "255.255.255.255",
];
const IPV6 = [
  "[::]",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[0000:0000:0000:0000:0000:0000:0000:0001]",
  "[::ffff:127.0.0.1]",
  "[::FFFF:7F00:1]",
  "[::ffff:a9fe:a9fe]",
  "[::ffff:8.8.8.8]",
  "[::ffff:0:127.0.0.1]",
  "[::127.0.0.1]",
  "[::7f00:1]",
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b::a9fe:a9fe]",
  "[64:ff9b:1::1]",
  "[100::1]",
  "[2001::1]",
  "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
  "[2001:10::1]",
  "[2001:db8::1]",
  "[2002:7f00:1::]",
  "[2002:a9fe:a9fe::1]",
  "[3fff::1]",
  "[5f00::1]",
  "[fc00::1]",
  "[fd00:ec2::254]",
  "[fe80::1]",
  "[fec0::1]",
  "[ff02::1]",
];
const NAMES = [
  "localhost",
  "LOCALHOST",
  "localhost.",
  "ｌｏｃａｌｈｏｓｔ",
  "loc%61lhost",
  "app.localhost",
  "printer.local",
  "printer.LOCAL.",
  "db.internal",
  "router.home.arpa",
  "box.lan",
  "intranet",
  "kubernetes.default.svc.cluster.local",
  "instance-data",
  "hidden.onion",
  "127.0.0.1..",
  "a..com",
];

test("public names and addresses are let through", () => {
  for (const url of PUBLIC) expect.soft(publicUrlProblem(url), url).toBeNull();
});

test.each([
  ["loopback and unspecified addresses", LOOPBACK],
  ["metadata servers", METADATA],
  ["private, reserved and multicast addresses", RESERVED],
  ["IPv6 addresses of these kinds, and those that wrap IPv4", IPV6],
  ["names that the public DNS does not have", NAMES],
])("%s are refused in all their spellings", (_, hosts) => {
  for (const host of hosts) {
    expect.soft(publicUrlProblem(`https://${host}/in`), host).toBe(PRIVATE);
    expect.soft(publicUrlProblem(`https://${host}:8443`), host).toBe(PRIVATE);
    expect.soft(publicUrlProblem(`HTTPS:\\\\${host}\\in`), host).toBe(PRIVATE);
    const disguised = ` \thttps://${host}/?@example.com#@example.com\n`;
    expect.soft(publicUrlProblem(disguised), disguised).toBe(PRIVATE);
  }
});

const OTHERS: [url: string, problem: string | null][] = [
  ["http://hooks.example.com/", "the url is not https"],
  ["ftp://hooks.example.com/", "the url is not https"],
  ["javascript:alert(1)", "the url is not https"],
  ["https://user:password@hooks.example.com/", "the url has credentials in it"],
  ["https://user@hooks.example.com/", "the url has credentials in it"],
  ["https://hooks.example.com@127.0.0.1/", "the url has credentials in it"],
  ["https://hooks.example.com\\@127.0.0.1/", null],
  ["https://[fe80::1%25eth0]/", "not a URL"],
  ["https://[::1]extra/", "not a URL"],
  ["https://256.256.256.256/", "not a URL"],
  ["https://127.0.0.0x100000001/", "not a URL"],
  ["https://", "not a URL"],
  ["hooks.example.com", "not a URL"],
  ["", "not a URL"],
];

test("other schemes, credentials and what is no URL are refused", () => {
  for (const [url, problem] of OTHERS) expect.soft(publicUrlProblem(url), url).toBe(problem);
});
