import { addressKey } from "../../../src/engine/trust/limits/address-key.js";

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["unknown", "unknown"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:0001:0002::1", "2001:db8:1:2::/64"],
  ["2001:db8::", "2001:db8:0:0::/64"],
  ["2001:db8:1::8:0:0", "2001:db8:1:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["fe80::1:2:3:4", "fe80:0:0:0::/64"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::FFFF:cb00:7107", "203.0.113.7"],
  ["0:0:0:0:0:ffff:cb00:7107", "203.0.113.7"],
])("%s counts as %s", (address, key) => {
  expect(addressKey(address)).toBe(key);
});

test("all addresses of a network count as one, and those of another one do not", () => {
  const own = Array.from({ length: 500 }, (_, n) => addressKey(`2001:db8:0:7:${n.toString(16)}::${n}`));

  expect(new Set(own).size).toBe(1);
  expect(own).not.toContain(addressKey("2001:db8:0:8::1"));
});
